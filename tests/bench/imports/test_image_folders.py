"""Folders of images: scored as the suite scores its own samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from bench.imports.found import Judge
from bench.judged import judged
from reports.load.loader import load
from runners.datasets import load_images
from runners.errors import UserProblem
from runners.metrics.scorer import Settings, scorer
from runners.options import Options

COUNT = 100


@pytest.fixture
def judge() -> Judge:
    return Judge(*judged("digits", metrics=["fid"]))


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Real digits of both halves of the data, as two methods."""
    train = load_images(judged("digits")[0], Options().data_root).train
    for method, first in (("early", 0), ("late", 500)):
        folder = tmp_path / "images" / method / "0"
        folder.mkdir(parents=True)
        for number, image in enumerate(train[first : first + COUNT]):
            Image.fromarray(image[0]).save(folder / f"{number:03d}.png")
    return tmp_path / "images"


def test_they_are_scored_by_the_suites_metrics_under_its_protocol(images, imported, judge) -> None:
    grid, said = imported(images, judge=judge)
    results = load(grid.folder)
    train = load_images(judge.dataset, judge.options.data_root).train
    scores = scorer(judge.dataset, "classifier", judge.options)
    wanted = scores.score(
        torch.from_numpy(train[500 : 500 + COUNT]), Settings(judge.plan.metrics, COUNT)
    )
    late = results.scores[results.scores["method"] == "late"].iloc[0]
    assert {name: late[name] for name in wanted} == wanted
    assert wanted["protocol"] in said
    assert not results.floors.empty


def test_images_of_another_size_are_named_with_both(
    images, imported, judge, nothing_written
) -> None:
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(images / "late" / "0" / "007.png")
    with pytest.raises(UserProblem) as problem:
        imported(images, judge=judge)
    assert "007.png: has 9x9 pixels, not 8x8 as the data set" in str(problem.value)
    assert nothing_written()


def test_runs_with_other_numbers_of_images_are_refused(images, imported, judge) -> None:
    (images / "late" / "0" / "007.png").unlink()
    with pytest.raises(UserProblem, match=r"has 99 images and .* has 100"):
        imported(images, judge=judge)


def test_without_a_data_set_it_asks_for_one(images, imported) -> None:
    with pytest.raises(UserProblem, match="name it, as --dataset digits"):
        imported(images)


def test_a_table_beside_images_is_no_reason_where_a_data_set_was_named(
    images, imported, judge
) -> None:
    (images / "labels.csv").write_text("file,label\n000.png,3\n")
    grid, said = imported(images, judge=judge)
    assert f"read are its images, not 1 .csv files, as {images}/labels.csv" in said
    assert len(load(grid.folder).runs) == 2
