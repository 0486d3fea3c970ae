"""Every registered data set keeps the contract; files are written in their own formats."""

from __future__ import annotations

import copy
import dataclasses
import gzip
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import scipy.io
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

OFFLINE = ("digits", "gaussians8", "gaussians25", "swiss_roll")
COUNT = 40  # images of each split, none of them in both


def _digits(size: int, split: str = "train") -> np.ndarray:
    """Return real digits enlarged to ``size`` pixels, uint8 (COUNT, size, size)."""
    first = 0 if split in ("train", "data_batch_1", "unlabeled") else COUNT
    images = load_digits().images[first : first + COUNT]  # pyright: ignore
    small = torch.from_numpy(images * 15.9)
    large = torch.nn.functional.interpolate(small[:, None], (size, size), mode="bilinear")
    return large[:, 0].to(torch.uint8).numpy()


def _idx(file: Path, array: np.ndarray) -> None:
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    file.with_suffix("").write_bytes(header + array.tobytes())
    with gzip.open(file, "wb") as archive:
        archive.write(header + array.tobytes())


def _write(name: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Write COUNT real digits in the format of a data set; return how a spec names it."""
    from torchvision import datasets

    labels = (np.arange(COUNT) % 10).astype(np.uint8)
    grey = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST", "kmnist": "KMNIST"}
    if name in (*grey, "stacked_mnist"):
        raw = root / grey.get(name, "MNIST") / "raw"
        raw.mkdir(parents=True)
        for split in ("train", "t10k"):
            _idx(raw / f"{split}-images-idx3-ubyte.gz", _digits(28, split))
            _idx(raw / f"{split}-labels-idx1-ubyte.gz", labels)
    if name == "cifar10":
        folder = root / "cifar-10-batches-py"
        folder.mkdir()
        for batch in ("data_batch_1", "test_batch"):
            flat = np.repeat(_digits(32, batch)[:, None], 3, axis=1).reshape(COUNT, -1)
            content = {"data": flat, "labels": labels.tolist()}
            (folder / batch).write_bytes(pickle.dumps(content))
        (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": list("0123456789")}))
        monkeypatch.setattr(datasets.CIFAR10, "train_list", [["data_batch_1", None]])
        monkeypatch.setattr(datasets.CIFAR10, "test_list", [["test_batch", None]])
        monkeypatch.setattr(datasets.CIFAR10, "_check_integrity", lambda _: True)
        monkeypatch.setitem(datasets.CIFAR10.meta, "md5", None)
    if name == "svhn":
        for split in ("train", "test"):
            pixels = np.repeat(_digits(32, split).transpose(1, 2, 0)[:, :, None], 3, axis=2)
            file = root / f"{split}_32x32.mat"
            scipy.io.savemat(file, {"X": pixels, "y": labels[:, None] + 1})
        monkeypatch.setattr(datasets.SVHN, "_check_integrity", lambda _: True)
        monkeypatch.setattr(datasets.SVHN, "download", lambda _: None)
    if name == "stl10":
        folder = root / "stl10_binary"
        folder.mkdir()
        for part in ("unlabeled", "test"):
            columns = np.repeat(_digits(96, part).transpose(0, 2, 1)[:, None], 3, axis=1)
            (folder / f"{part}_X.bin").write_bytes(columns.tobytes())
        (folder / "test_y.bin").write_bytes((labels + 1).tobytes())
        (folder / "class_names.txt").write_text("\n".join("0123456789"))
        monkeypatch.setattr(datasets.STL10, "_check_integrity", lambda _: True)
        monkeypatch.setattr(datasets.STL10, "download", lambda _: None)
    if name == "folder":
        from PIL import Image

        for number, image in enumerate(_digits(40)):
            folder = root / "images" / str(number % 10)
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(folder / f"{number:03d}.png")
        return {"name": "folder", "path": str(root / "images"), "labelled": True}
    return name if name in OFFLINE else {"name": name, "validation": 10}


@pytest.mark.parametrize("name", DATASETS)
def test_gives_what_it_declares(name, tmp_path, monkeypatch) -> None:
    written = _write(name, tmp_path, monkeypatch)
    model = "mlp" if name in OFFLINE[1:] else "dcgan"
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
@pytest.mark.parametrize("name", sorted(set(DATASETS) - set(OFFLINE) - {"folder", "stacked_mnist"}))
def test_torchvisions_sets_are_resized_as_told(name, size, tmp_path, monkeypatch) -> None:
    """Pillow's bilinear filter, which widens where it shrinks, is the independent reference."""
    from PIL import Image

    written = _write(name, tmp_path, monkeypatch)
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
    _write("mnist", tmp_path, monkeypatch)
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
    _write("mnist", tmp_path, monkeypatch)
    whole, cut = (MNIST(validation=count).load(tmp_path) for count in (0, 10))
    assert (len(whole.train), len(cut.train), len(cut.validation)) == (COUNT, 30, 10)
    assert not len(whole.validation)
    assert np.array_equal(whole.test, cut.test)
    rows = [image.tobytes() for image in whole.train]
    places = [rows.index(image.tobytes()) for image in cut.validation]
    assert places == sorted(places), "in the order they had"
    assert places != list(range(10))
    assert sorted([*places, *(rows.index(image.tobytes()) for image in cut.train)]) == [
        *range(COUNT)
    ]
    with pytest.raises(DataProblem, match=r"validation: 40 of 40 training data leave none"):
        MNIST(validation=COUNT).load(tmp_path)


def test_triples_are_stacked_from_digits_of_their_own_split(tmp_path, monkeypatch) -> None:
    _write("stacked_mnist", tmp_path, monkeypatch)
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


@pytest.mark.parametrize("name", sorted(set(DATASETS) - set(OFFLINE) - {"folder"}))
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
