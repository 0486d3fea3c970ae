"""The number of training data is a setting: nested, the same for all, and judged alike."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from runners import seeds
from runners.datasets import DATASETS, load_images
from runners.datasets.base import subset
from runners.datasets.digits import Digits
from runners.datasets.folder import Folder
from runners.datasets.toys import Gaussians8
from runners.errors import DataProblem
from runners.metrics.scorer import scorer
from runners.networks import chain
from runners.options import Options
from runners.state import START


def _keys(images: np.ndarray) -> list[bytes]:
    return [hashlib.sha256(image.tobytes()).digest() for image in images]


def test_sizes_are_nested_and_leave_the_other_splits_alone() -> None:
    whole, large, small = (load_images(Digits(train_size=n), Path()) for n in (None, 400, 60))
    assert [len(images.train) for images in (whole, large, small)] == [1438, 400, 60]
    assert np.array_equal(small.train, large.train[:60])
    assert np.array_equal(small.train_labels, large.train_labels[:60])
    assert set(_keys(large.train)) <= set(_keys(whole.train))
    labels = dict(zip(_keys(whole.train), whole.train_labels, strict=True))
    assert [labels[key] for key in _keys(small.train)] == list(small.train_labels)
    assert len(set(small.train_labels)) == 10, "no class is left out"
    for images in (large, small):
        assert images.test is whole.test
        assert images.test_labels is whole.test_labels
        assert np.array_equal(images.label_shares, whole.label_shares)
    assert subset(whole, None) is whole
    assert sorted(_keys(subset(whole, 1438).train)) == sorted(_keys(whole.train))


def test_every_data_set_has_a_size() -> None:
    for cls in DATASETS.values():
        make = partial(Folder, path="x") if cls is Folder else cls
        assert make(train_size=7).train_size == 7
        assert make().train_size is None


def test_a_folder_and_points_are_cut_alike(tmp_path) -> None:
    for number in range(20):
        Image.new("L", (8, 8), 10 * number).save(tmp_path / f"{number:02d}.png")
    folder = Folder(path=str(tmp_path), size=8, channels=1, train_size=5)
    images = load_images(folder, tmp_path)
    assert (images.train.shape, len(images.test)) == ((5, 1, 8, 8), 4)
    points = load_images(Gaussians8(train_size=100), tmp_path)
    assert points.train.shape == (100, 2)
    assert points.mixture is not None


def test_more_than_there_are_is_refused_with_the_number_there_is(tiny) -> None:
    with pytest.raises(DataProblem, match=r"dataset.train_size: 1439, but there are 1438"):
        load_images(Digits(train_size=1439), Path())
    with pytest.raises(ValidationError, match="train_size"):
        tiny(dataset={"name": "digits", "train_size": 1})


def test_all_sizes_have_one_judge_and_references_of_their_own(tiny, trained) -> None:
    stores = [trained(tiny(dataset={"name": "digits", "train_size": size})) for size in (None, 200)]
    whole, small = (store.rows("scores") for store in stores)
    assert "/ref-train-1438" in whole[0]["protocol"]
    assert whole[0]["protocol"].replace("train-1438", "train-200") == small[0]["protocol"]
    assert whole[0]["is"] == small[0]["is"], "the same generator, not trained yet"
    assert whole[0]["label_kl"] == small[0]["label_kl"]
    assert whole[0]["fid"] != small[0]["fid"]
    judges = [scorer(Digits(train_size=size), "classifier", Options()) for size in (None, 200)]
    assert judges[0].extractor.identity == judges[1].extractor.identity
    assert judges[1].reference.count == 200


def test_a_run_trains_on_so_many_and_no_others(tiny, trained) -> None:
    store = trained(tiny(dataset={"name": "digits", "train_size": 40}))
    sampler, link = seeds.BatchSampler(0, 40, 32), START
    for update in range(10):
        link = chain(link, sampler.batch(update))
    assert store.proof()["batches"] == link
