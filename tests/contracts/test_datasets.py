"""Every registered data set keeps the contract; files are written in their own formats."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path

import numpy as np
import pytest
import small_data
import torch
from sklearn.datasets import load_digits

from runners.contracts.base import Broken
from runners.contracts.datasets import CHECKS, loaded, require_loaded
from runners.datasets import DATASETS, load_images
from runners.datasets.base import SPLITS, Images
from runners.datasets.digits import Digits
from runners.datasets.stacked_mnist import StackedMNIST
from runners.datasets.torchvision_sets import MNIST
from runners.errors import DataProblem
from runners.metrics import classifier
from runners.metrics.scorer import scorer
from runners.options import Options
from runners.spec import Evaluation, from_dict, from_stored


@pytest.mark.parametrize("name", DATASETS)
def test_gives_what_it_declares(name, tmp_path, monkeypatch) -> None:
    written = small_data.write(name, tmp_path, monkeypatch)
    model = "mlp" if name in small_data.OFFLINE[1:] else "dcgan"
    spec = from_dict({
        "dataset": written, "model": model, "method": "none", "seed": 0, "loss": "hinge",
        "optimizer": "adam", "steps": 1, "batch_size": 8,
    })  # fmt: skip
    dataset = spec.dataset
    assert dataset.name == name
    for check in CHECKS:
        if check is not loaded:
            check(dataset)
    require_loaded(dataset, load_images(dataset, tmp_path), tmp_path)
    assert dataset.files is None or list(tmp_path.glob(dataset.files)), "the doctor looks for it"


@pytest.mark.parametrize("size", [16, 48])
@pytest.mark.parametrize(
    "name", sorted(set(DATASETS) - set(small_data.OFFLINE) - {"folder", "stacked_mnist"})
)
def test_torchvisions_sets_are_resized_as_told(name, size, tmp_path, monkeypatch) -> None:
    """Pillow's bilinear filter, which widens where it shrinks, is the independent reference."""
    from PIL import Image

    written = small_data.write(name, tmp_path, monkeypatch)
    dataset = DATASETS[name](validation=10, size=size)  # pyright: ignore
    raw = dataset.split(tmp_path, train=False, download=False)[0][:5]  # pyright: ignore
    images = load_images(dataset, tmp_path)
    require_loaded(dataset, images, tmp_path)
    assert dataset.shape == (raw.shape[1], size, size)
    for given, found in zip(raw[:, 0], images.test[:5, 0], strict=True):
        picture = Image.fromarray(given).resize((size, size), Image.Resampling.BILINEAR)
        assert np.abs(np.asarray(picture).astype(int) - found).max() <= 1
    assert isinstance(written, dict)
    other = load_images(dataclasses.replace(dataset, size=None), tmp_path)  # pyright: ignore
    assert (other.content_hash == images.content_hash) == (name == "stl10" and size == 48)


def test_each_size_of_a_set_has_a_classifier_of_its_own(tmp_path, monkeypatch) -> None:
    small_data.write("mnist", tmp_path, monkeypatch)
    monkeypatch.setattr(classifier, "UPDATES", 2)
    options = Options(data_root=tmp_path, cache=tmp_path / "cache")
    names = set()
    for size in (None, 16, 32):
        judge = scorer(MNIST(validation=10, size=size), "classifier", options)
        pixels = size or 28
        made = torch.randint(0, 256, (100, 1, pixels, pixels), dtype=torch.uint8)
        row = judge.score(made, Evaluation(samples=100).resolved(MNIST(size=size)))
        assert row["protocol"].startswith("mnist-cnn-")
        names.add(judge.extractor.identity)
    assert len(names) == 3


def test_the_digits_are_divided_at_random_with_the_classes_in_proportion() -> None:
    images, whole = Digits().load(Path()), load_digits()
    pixels = np.rint(whole.images * (255 / 16)).astype(np.uint8)[:, None]  # pyright: ignore
    splits = [images.split(name) for name in SPLITS]
    assert [len(labels) for _, labels in splits] == [1438, 180, 179]
    every = [pixels, whole.target]  # pyright: ignore
    parts, known = (
        sorted(
            (data.tobytes(), int(label))
            for split in some
            for data, label in zip(*split, strict=True)
        )
        for some in (splits, [every])
    )
    assert parts == known
    shares = np.bincount(whole.target) / 1797  # pyright: ignore
    for _, labels in splits:
        assert (abs(np.bincount(labels) - shares * len(labels)) < 1.5).all()
    assert images.content_hash.startswith("0c7819886a08"), "what the shipped classifier is known by"


def test_the_digits_of_earlier_versions_are_divided_as_they_were() -> None:
    images, whole = Digits(split="every_fifth").load(Path()), load_digits()
    pixels = np.rint(whole.images * (255 / 16)).astype(np.uint8)[:, None]  # pyright: ignore
    held = np.arange(1797) % 5 == 4
    assert np.array_equal(images.train, pixels[~held])
    assert np.array_equal(images.validation, pixels[held][::2])
    assert np.array_equal(images.test_labels, whole.target[held][1::2])  # pyright: ignore
    assert np.array_equal(images.held_out[0], pixels[held])
    assert images.content_hash.startswith("3a793eb43155"), "what the shipped classifier is known by"
    assert len(images.validation) == 180
    assert len(images.test) == 179


def test_validation_is_cut_from_train_at_random_and_the_test_set_stays(
    tmp_path, monkeypatch
) -> None:
    small_data.write("mnist", tmp_path, monkeypatch)
    whole, cut = (MNIST(validation=count).load(tmp_path) for count in (0, 10))
    assert (len(whole.train), len(cut.train), len(cut.validation)) == (small_data.COUNT, 30, 10)
    assert not len(whole.validation)
    assert np.array_equal(whole.test, cut.test)
    rows = [image.tobytes() for image in whole.train]
    places = [rows.index(image.tobytes()) for image in cut.validation]
    assert places == sorted(places), "in the order they had"
    assert places != list(range(10))
    assert sorted([*places, *(rows.index(image.tobytes()) for image in cut.train)]) == [
        *range(small_data.COUNT)
    ]
    with pytest.raises(DataProblem, match=r"validation: 40 of 40 training data leave none"):
        MNIST(validation=small_data.COUNT).load(tmp_path)


def test_triples_are_stacked_from_digits_of_their_own_split(tmp_path, monkeypatch) -> None:
    small_data.write("stacked_mnist", tmp_path, monkeypatch)
    single = MNIST(validation=10).load(tmp_path)
    triples = StackedMNIST(validation=10).load(tmp_path)
    for split in ("train", "validation", "test"):
        known = {image.tobytes() for image in single.split(split)[0]}
        channels = triples.split(split)[0].reshape(-1, 1, 28, 28)
        assert {channel.tobytes() for channel in channels} == known


class _Copied(Digits):
    """Digits whose test data are training data."""

    def load(self, root: Path) -> Images:
        images = super().load(root)
        return dataclasses.replace(images, test=images.train[:179])


def test_a_set_that_tests_on_what_it_trains_on_is_told_so() -> None:
    with pytest.raises(Broken, match="179 of its test data are train data too"):
        loaded(_Copied())


@pytest.mark.parametrize("name", ["mnist", "stacked_mnist", "folder"])
def test_a_stored_run_from_before_the_validation_split_has_none(name) -> None:
    named = {"name": name, "path": "x"} if name == "folder" else {"name": name}
    today = from_dict({
        "dataset": named, "model": "dcgan", "method": "none", "seed": 0, "loss": "hinge",
        "optimizer": "adam", "steps": 1, "batch_size": 8,
    })  # fmt: skip
    stored = copy.deepcopy(today.as_dict)
    del stored["dataset"]["validation"]
    earlier = from_stored(stored)
    assert earlier.dataset.validation == 0
    assert earlier.run_id != today.run_id
    assert from_stored(today.as_dict) == today


@pytest.mark.parametrize("name", sorted(set(DATASETS) - set(small_data.OFFLINE) - {"folder"}))
def test_missing_files_are_named_with_what_to_do(name, tmp_path, monkeypatch) -> None:
    from torchvision.datasets import utils

    def offline(*_: object, **__: object) -> None:
        raise OSError("no network")

    for module in ("mnist", "cifar", "svhn", "stl10"):
        for function in ("download_and_extract_archive", "download_url"):
            place = f"torchvision.datasets.{module}.{function}"
            monkeypatch.setattr(place, offline, raising=False)
    monkeypatch.setattr(utils, "download_url", offline)
    with pytest.raises(DataProblem, match="--data-root"):
        DATASETS[name]().load(tmp_path)
