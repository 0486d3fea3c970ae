"""Diversity in pixels against scipy's distances, and what a run records of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.spatial
import torch

from runners.datasets import DATASETS
from runners.datasets.digits import Digits
from runners.failures import Evidence
from runners.failures.samples import mode_collapse
from runners.metrics import METRICS
from runners.metrics.extractors import usual_metrics
from runners.metrics.score import Features, Reference
from runners.store.states import State, Status


@pytest.fixture(scope="module")
def digits() -> torch.Tensor:
    return torch.from_numpy(Digits().load(Path()).train)


def _diversity(data: torch.Tensor, real: torch.Tensor) -> float:
    nothing = torch.zeros(len(data), 0)
    reference = Reference(
        np.zeros(0), np.zeros(0), np.zeros(0), None, len(real), lambda: nothing, lambda: real
    )
    features = Features(nothing, nothing, data)
    return METRICS["diversity"]().score(features, reference, len(data))["pixel_diversity"]


def _distance(data: torch.Tensor) -> float:
    return scipy.spatial.distance.pdist(data.flatten(1).double().numpy()).mean()


def test_it_is_the_mean_distance_over_that_of_real_data(digits: torch.Tensor) -> None:
    data = digits[:50] // 2
    assert _diversity(data, digits[:50]) == pytest.approx(0.5, rel=0.05)
    assert _diversity(digits[:50], data) == pytest.approx(_distance(digits[:50]) / _distance(data))


def test_real_data_have_it_in_any_order(digits: torch.Tensor) -> None:
    ordered = digits[digits.flatten(1).double().mean(1).argsort()]
    for real in (digits, ordered):
        assert _diversity(digits[:400], real) == pytest.approx(1, abs=0.03)


def test_a_generator_that_repeats_an_image_has_collapsed(digits: torch.Tensor) -> None:
    few = digits[:1].repeat(300, 1, 1, 1)
    few[:30] = digits[:30]
    row = {"step": 10, "pixel_diversity": _diversity(few, digits)}
    assert row["pixel_diversity"] < 0.3
    assert mode_collapse(Evidence("hinge", Status(State.FINISHED, 10), [], [row])) is True


def test_it_is_usual_where_the_extractor_knows_no_classes() -> None:
    usual = {
        name: [metric.name for metric in usual_metrics(DATASETS[name](), extractor)]
        for name, extractor in (("cifar10", "inception"), ("digits", "classifier"),
                                ("gaussians25", "coordinates"))
    }  # fmt: skip
    assert "diversity" in usual["cifar10"]
    assert "diversity" not in usual["digits"] + usual["gaussians25"]
    assert "coverage" not in usual["cifar10"]


def test_a_run_scores_it_next_to_its_floor(tiny, trained) -> None:
    evaluation = {"every": 10, "samples": 100, "metrics": ["fid", "diversity"]}
    store = trained(tiny(evaluation=evaluation))
    last = store.rows("scores")[-1]
    assert 0 < last["pixel_diversity"] < 1
    assert "diversity-100" in last["protocol"]
