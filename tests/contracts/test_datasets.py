"""Every registered data set keeps the contract; files are written in their own formats."""

from __future__ import annotations

import gzip
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import torch
from sklearn.datasets import load_digits

from runners.contracts.datasets import CHECKS, loaded, require_loaded
from runners.datasets import DATASETS, load_images
from runners.errors import DataProblem
from runners.spec import from_dict

OFFLINE = ("digits", "gaussians8", "gaussians25", "swiss_roll")
COUNT = 40


def _digits(size: int) -> np.ndarray:
    """Return real digits enlarged to ``size`` pixels, uint8 (COUNT, size, size)."""
    small = torch.from_numpy(load_digits().images[:COUNT] * 15.9)  # pyright: ignore
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
            _idx(raw / f"{split}-images-idx3-ubyte.gz", _digits(28))
            _idx(raw / f"{split}-labels-idx1-ubyte.gz", labels)
    if name == "cifar10":
        folder = root / "cifar-10-batches-py"
        folder.mkdir()
        flat = np.repeat(_digits(32)[:, None], 3, axis=1).reshape(COUNT, -1)
        for batch in ("data_batch_1", "test_batch"):
            content = {"data": flat, "labels": labels.tolist()}
            (folder / batch).write_bytes(pickle.dumps(content))
        (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": list("0123456789")}))
        monkeypatch.setattr(datasets.CIFAR10, "train_list", [["data_batch_1", None]])
        monkeypatch.setattr(datasets.CIFAR10, "test_list", [["test_batch", None]])
        monkeypatch.setattr(datasets.CIFAR10, "_check_integrity", lambda _: True)
        monkeypatch.setitem(datasets.CIFAR10.meta, "md5", None)
    if name == "svhn":
        pixels = np.repeat(_digits(32).transpose(1, 2, 0)[:, :, None], 3, axis=2)
        for split in ("train", "test"):
            file = root / f"{split}_32x32.mat"
            scipy.io.savemat(file, {"X": pixels, "y": labels[:, None] + 1})
        monkeypatch.setattr(datasets.SVHN, "_check_integrity", lambda _: True)
        monkeypatch.setattr(datasets.SVHN, "download", lambda _: None)
    if name == "stl10":
        folder = root / "stl10_binary"
        folder.mkdir()
        columns = np.repeat(_digits(96).transpose(0, 2, 1)[:, None], 3, axis=1)
        for part in ("unlabeled", "test"):
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
    return name


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
