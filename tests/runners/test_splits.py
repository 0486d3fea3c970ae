"""Scores against each split of the real data, and what they stand between."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from runners.datasets.base import Images
from runners.datasets.digits import Digits
from runners.datasets.folder import Folder
from runners.datasets.toys import Gaussians25
from runners.metrics import METRICS
from runners.metrics import scorer as scoring
from runners.metrics.coverage import Coverage
from runners.metrics.fid import FID
from runners.metrics.inception_score import InceptionScore
from runners.metrics.kid import KID
from runners.metrics.modes import Modes
from runners.metrics.prc import PRC
from runners.metrics.projection import extrapolated
from runners.metrics.score import Features, Reference
from runners.metrics.scorer import Scorer, Settings, scorer
from runners.options import Options

ALL = Settings((InceptionScore(), FID(), KID(subset_size=300), PRC(), Coverage()), 2000)


@pytest.fixture(scope="module")
def judge() -> Scorer:
    return scorer(Digits(), "classifier", Options())


@pytest.fixture
def judge_of(monkeypatch):
    """Return a maker of scorers of digits with other contents."""

    def made(images: Images) -> Scorer:
        monkeypatch.setattr(scoring, "load_images", lambda *_: images)
        scorer.cache_clear()
        return scorer(Digits(), "classifier", Options())

    yield made
    scorer.cache_clear()


def test_every_metric_names_its_variants() -> None:
    names = {metric: [c.name for c in cls.all_columns()] for metric, cls in METRICS.items()}
    assert names["fid"] == [
        "fid", "fid_validation", "fid_test", "fid_gap",
        "fid_ema", "fid_validation_ema", "fid_test_ema",
    ]  # fmt: skip
    assert names["is"] == ["is", "is_std", "is_ema"]
    assert names["prc"][3:6] == ["precision_gap", "recall", "recall_validation"]
    assert "recall_gap" not in names["prc"], "methods are not ranked by it"
    by_name = {c.name: c for c in FID.all_columns()}
    assert {n: (c.of, c.split) for n, c in by_name.items()} == {
        "fid": ("", ""), "fid_validation": ("fid", "validation"), "fid_test": ("fid", "test"),
        "fid_gap": ("fid", "gap"), "fid_ema": ("fid", ""),
        "fid_validation_ema": ("fid_ema", "validation"), "fid_test_ema": ("fid_ema", "test"),
    }  # fmt: skip
    assert by_name["fid_test_ema"].heading == "FID (test), averaged"
    assert by_name["fid_test"].ranks
    assert not by_name["fid_gap"].ranks


def test_rows_hold_what_the_metrics_name_and_nothing_else(judge) -> None:
    row = judge.memoriser(ALL)
    named = [c.name for metric in ALL.metrics for c in metric.all_columns()]
    assert list(row) == [name for metric in ALL.metrics for name in row if name in _own(metric)]
    assert set(row) == {name for name in named if not name.endswith("_ema")}


def _own(metric) -> set[str]:
    return {column.name for column in metric.all_columns()}


def test_a_gap_is_against_as_many_training_data_as_there_are_to_test(judge) -> None:
    even = judge.parts.even
    assert [(part.split, part.count) for part in even] == [("test", 179), ("train", 179)]
    data = torch.from_numpy(judge.images.validation)
    plan = Settings((FID(), KID(subset_size=100), PRC()), 180)
    row = judge.score(data, plan)
    features = Features(*(part for part in judge.extractor.network(data)))
    for metric, column in zip(plan.metrics, ("fid", "kid", "precision"), strict=True):
        test, train = (metric.score(features, judge.references[p], 180)[column] for p in even)
        assert row[f"{column}_gap"] == pytest.approx(test - train, abs=1e-6)
        assert row[f"{column}_test"] == pytest.approx(test, abs=1e-6)


def test_with_less_to_train_on_than_to_test_both_sides_of_the_gap_are_cut(judge_of, judge) -> None:
    images = judge.images
    few = dataclasses.replace(
        images, train=images.train[:60], train_labels=images.train_labels[:60]
    )
    scarce = judge_of(few)
    assert [(p.split, p.count) for p in scarce.parts.even] == [("test", 60), ("train", 60)]
    assert np.isfinite(scarce.memoriser(Settings((FID(),), 200))["fid_gap"])


def test_without_a_validation_split_its_columns_are_absent(judge_of, judge) -> None:
    held_out, labels = judge.images.held_out
    none = dataclasses.replace(
        judge.images, validation=held_out[:0], validation_labels=labels[:0], test=held_out,
        test_labels=labels, order=None,
    )  # fmt: skip
    earlier = judge_of(none)
    floor = earlier.floor(Settings((FID(), InceptionScore()), 400))
    assert set(floor["real"]) == {"fid", "is", "is_std"}, "nothing is left to hold against test"
    assert set(floor["memoriser"]) == {"fid", "fid_test", "fid_gap", "is", "is_std"}
    assert "/ref-train-1438+test-359/gen-400" in floor["protocol"]
    assert none.content_hash == judge.images.content_hash, "its classifier is the same"


def test_a_part_of_one_has_no_covariance_and_no_columns(judge_of, judge) -> None:
    images = judge.images
    one = dataclasses.replace(
        images, validation=images.validation[:1], validation_labels=images.validation_labels[:1],
        order=None,
    )  # fmt: skip
    assert set(judge_of(one).memoriser(Settings((FID(),), 200))) == {"fid", "fid_test", "fid_gap"}


def test_one_image_to_test_on_gives_no_gap(judge_of, judge) -> None:
    images = judge.images
    one = dataclasses.replace(
        images, test=images.test[:1], test_labels=images.test_labels[:1], order=None
    )
    row = judge_of(one).memoriser(Settings((FID(),), 200))
    assert set(row) == {"fid", "fid_validation"}


def test_subsets_of_a_kernel_distance_are_no_larger_than_the_split(judge) -> None:
    row = judge.memoriser(Settings((KID(subset_size=1000),), 2000))
    assert abs(row["kid"]) < 0.05
    assert abs(row["kid_validation"]) < 0.1


def test_a_generator_that_copies_is_found_out_by_what_it_has_not_seen(judge) -> None:
    floor = judge.floor(ALL)
    real, copied = floor["real"], floor["memoriser"]
    assert copied["fid"] < real["fid"], "better than real data against what it copies"
    assert copied["fid_test"] > 1.5 * real["fid_test"], "and worse against what it has not seen"
    assert copied["fid_validation"] > 1.5 * real["fid_validation"]
    assert copied["fid_gap"] > real["fid_gap"] + 0.5
    assert copied["precision"] > 0.99


@pytest.mark.slow
def test_data_that_were_in_no_reference_have_no_gap() -> None:
    plan = Settings((FID(), KID(subset_size=1000)), 2000)
    points = scorer(Gaussians25(), "coordinates", Options()).floor(plan)
    assert abs(points["real"]["fid_gap"]) < 0.01
    assert abs(points["real"]["kid_gap"]) < 0.01
    assert points["how"]["fid_gap"] == "2000 held-out data"


def test_the_floor_is_at_the_runs_own_number_and_says_how(judge) -> None:
    floor = judge.floor(ALL)
    assert set(floor) == {"protocol", "real", "how", "memoriser"}
    assert set(floor["how"]) == set(floor["real"])
    words = {
        "fid": "extrapolated from 180 to 359 data to 2000 (linear in 1/n)",
        "fid_test": "extrapolated from 90 to 180 data to 2000 (linear in 1/n)",
        "fid_validation": "extrapolated from 90 to 179 data to 2000 (linear in 1/n)",
        "is": "resampled from 359 data to 2000",
        "classes": "resampled from 359 data to 2000",
        "kid": "unbiased, 359 data",
        "kid_test": "unbiased, 180 data",
    }
    assert {name: floor["how"][name] for name in words} == words
    assert not [name for name in floor["real"] if name.startswith(("precision", "recall"))]
    whole = Features(*judge.extractor.network(torch.from_numpy(judge.images.held_out[0])))
    at_359 = FID().score(whole, judge.reference, 359)["fid"]
    assert floor["real"]["fid"] < 0.7 * at_359, "most of the distance is the bias of few data"
    assert floor["real"]["is"] > 8, "200 data per split of it, as runs have"
    assert floor["real"]["classes"] == 10


def test_where_enough_is_held_out_it_is_scored_as_it_is(judge) -> None:
    floor = judge.floor(Settings((FID(), PRC(), InceptionScore()), 150))
    assert set(floor["how"].values()) == {"150 held-out data"}
    assert floor["real"]["precision_test"] > 0.8


def test_modes_of_few_points_are_resampled() -> None:
    data = Gaussians25().load(Path())
    points = torch.from_numpy(data.test[:200])
    metric = Modes()
    reference = Reference(np.zeros(2), np.eye(2), np.ones(1), data.mixture, 0, lambda: points)
    values, how = metric.projected(Features(points, points[:, :0]), reference, 2000)
    assert how == "resampled from 200 data to 2000"
    assert values["modes"] == pytest.approx(25, abs=1)


DIMENSIONS = 32


def _drawn(count: int, draws: np.random.Generator) -> Features:
    spread = np.exp(-np.arange(DIMENSIONS) / 8)
    points = 0.1 + draws.standard_normal((count, DIMENSIONS)) * spread
    return Features(torch.from_numpy(points.astype(np.float32)), torch.zeros(count, 0))


def test_extrapolation_gives_what_fresh_data_give() -> None:
    draws = np.random.default_rng(0)
    real = _drawn(1500, draws).statistics
    reference = Reference(
        real["mu"] - 0.1, real["sigma"], np.ones(1), None, 1500, lambda: torch.zeros(0)
    )

    def fid(features: Features) -> float:
        return FID().score(features, reference, 2000)["fid"]

    fresh = np.mean([fid(_drawn(2000, draws)) for _ in range(10)])
    pools = [_drawn(180, draws) for _ in range(12)]
    score = lambda part: FID().score(part, reference, 2000)  # noqa: E731
    made = np.array([extrapolated(score, pool, 2000)[0]["fid"] for pool in pools])
    error = made.std(ddof=1) / np.sqrt(len(made))
    assert abs(made.mean() - fresh) < 3 * error + 0.02 * fresh
    assert np.mean([fid(pool) for pool in pools]) - fresh > 6 * abs(made.mean() - fresh)


def test_a_distance_that_cannot_be_extrapolated_is_left_out() -> None:
    draws = np.random.default_rng(1)
    pool, fewer = _drawn(100, draws), _drawn(60, draws)
    real = pool.statistics
    reference = Reference(real["mu"], real["sigma"], np.ones(1), None, 100, lambda: torch.zeros(0))
    assert extrapolated(lambda part: FID().score(part, reference, 2000), pool, 2000)[0]["fid"] < 0
    assert FID().projected(pool, reference, 2000) is None
    assert FID().projected(fewer, reference, 2000) is None, "fewer than twice the dimensions"


@pytest.fixture
def folders(tmp_path, judge) -> Folder:
    """Return the digits as PNG files in one folder per class and split."""
    for split in ("train", "validation", "test"):
        for number, (image, label) in enumerate(zip(*judge.images.split(split), strict=True)):
            place = tmp_path / split / str(label)
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image[0]).save(place / f"{number:04d}.png")
    return Folder(path=str(tmp_path), size=8, channels=1, labelled=True)


def test_a_folder_sorted_by_class_has_the_precision_of_the_same_digits(
    folders, judge, judge_of
) -> None:
    images = folders.load(Path())
    assert (np.diff(images.train_labels) >= 0).all(), "sorted by class"
    sorted_by_class = judge_of(images)
    data = torch.from_numpy(judge.images.held_out[0])
    plan = Settings((PRC(),), 359)  # of 1,438: the first ones would be digits 0 to 2 alone
    mine, theirs = sorted_by_class.score(data, plan), judge.score(data, plan)
    for column in ("precision", "recall"):
        assert theirs[column] > 0.7
        assert mine[column] == pytest.approx(theirs[column], abs=0.08)
        assert mine[f"{column}_test"] == pytest.approx(theirs[f"{column}_test"], abs=1e-6)
