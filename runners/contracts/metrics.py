"""What every metric keeps."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path

import torch

from runners import seeds
from runners.contracts.base import Check, is_described, require
from runners.datasets import DATASETS
from runners.datasets.base import Dataset
from runners.metrics import fidelity_functions
from runners.metrics.classifier import read, weights_file
from runners.metrics.coordinates import Coordinates
from runners.metrics.features import outputs
from runners.metrics.score import Features, Metric, Reference

SAMPLES = 300
OFFLINE = ("digits", "gaussians25")  # one of images, one of points: both need no download


def _data(metric: Metric) -> tuple[Dataset, str]:
    sets = [DATASETS[name]() for name in OFFLINE]
    fits = [d for d in sets if metric.problem(d, d.extractor) is None]
    require(fits, f"it fits neither {' nor '.join(OFFLINE)}, so it cannot be tried")
    return fits[0], fits[0].extractor


@cache
def _features(name: str, count: int) -> tuple[Features, Features, Reference]:
    """Return features of real data, of as much noise, and the reference, of one of OFFLINE."""
    dataset = DATASETS[name]()
    images = dataset.load(Path())
    network = Coordinates() if dataset.points else read(weights_file(name, images, Path()))[0]
    real = torch.from_numpy(images.train)
    noise = torch.rand(real[:count].shape, generator=seeds.draws(0, "noise"))
    noise = noise * 2 - 1 if dataset.points else (noise * 255).to(torch.uint8)
    embedding = outputs(network, real)[0]
    found = fidelity_functions.statistics(embedding)
    reference = Reference(
        found["mu"], found["sigma"], images.label_shares, images.mixture, len(real),
        lambda: embedding, lambda: real,
    )  # fmt: skip
    chosen = torch.randperm(len(real), generator=seeds.draws(0, "chosen"))[:count]
    return (
        Features(*outputs(network, real[chosen]), real[chosen]),
        Features(*outputs(network, noise), noise),
        reference,
    )


def _samples(metric: Metric) -> int:
    return max(SAMPLES, metric.least)


def columns(metric: Metric) -> None:
    """It gives just the columns it names, as plain finite numbers."""
    require(metric.columns, "it names no columns")
    dataset, _ = _data(metric)
    real, _, reference = _features(dataset.name, _samples(metric))
    scores = metric.score(real, reference, _samples(metric))
    named = [column.name for column in metric.columns]
    require(
        sorted(scores) == sorted(named), f"it gives {sorted(scores)}, and names {sorted(named)}"
    )
    require(json.loads(json.dumps(scores)) == scores, "its scores are no plain numbers")
    require(all(math.isfinite(v) for v in scores.values()), f"a score of real data is {scores}")


def direction(metric: Metric) -> None:
    """Real data score better than noise in every column that methods are ranked by."""
    dataset, _ = _data(metric)
    samples = _samples(metric)
    real, noise, reference = _features(dataset.name, samples)
    good, bad = (metric.score(features, reference, samples) for features in (real, noise))
    for column in metric.columns:
        if not column.ranks:
            continue
        require(column.lower_is_better is not None, f"{column.name} ranks without a direction")
        better = good[column.name] < bad[column.name]
        require(better == column.lower_is_better, f"by {column.name} noise beats real data")


def least(metric: Metric) -> None:
    """It can be computed from as few data as it says."""
    dataset, _ = _data(metric)
    real, _, reference = _features(dataset.name, _samples(metric))
    data = None if real.data is None else real.data[: metric.least]
    few = Features(real.embedding[: metric.least], real.logits[: metric.least], data)
    scores = metric.score(few, reference, _samples(metric))
    bad = [name for name, value in scores.items() if not math.isfinite(value)]
    require(not bad, f"{', '.join(bad)} of {metric.least} data is no number; raise least")


def stamps(metric: Metric) -> None:
    """Its stamps are words without a separator in them."""
    parts = metric.stamps(SAMPLES)
    require(all(part and "/" not in part for part in parts), f"stamps {parts}: no / inside")


CHECKS: tuple[Check, ...] = (is_described, columns, direction, least, stamps)
