"""Small real files in the formats of the data sets: enlarged digits, written where tests ask."""

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

OFFLINE = ("digits", "gaussians8", "gaussians25", "swiss_roll")
COUNT = 40  # images of each split, none of them in both


def digits(size: int, split: str = "train") -> np.ndarray:
    """Return real digits enlarged to ``size`` pixels, uint8 (COUNT, size, size)."""
    first = 0 if split in ("train", "data_batch_1", "unlabeled") else COUNT
    images = load_digits().images[first : first + COUNT]  # pyright: ignore
    small = torch.from_numpy(images * 15.9)
    large = torch.nn.functional.interpolate(small[:, None], (size, size), mode="bilinear")
    return large[:, 0].to(torch.uint8).numpy()


def idx(file: Path, array: np.ndarray) -> None:
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    file.with_suffix("").write_bytes(header + array.tobytes())
    with gzip.open(file, "wb") as archive:
        archive.write(header + array.tobytes())


def write(name: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Write COUNT real digits in the format of a data set; return how a spec names it."""
    from torchvision import datasets

    labels = (np.arange(COUNT) % 10).astype(np.uint8)
    grey = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST", "kmnist": "KMNIST"}
    if name in (*grey, "stacked_mnist"):
        raw = root / grey.get(name, "MNIST") / "raw"
        raw.mkdir(parents=True)
        for split in ("train", "t10k"):
            idx(raw / f"{split}-images-idx3-ubyte.gz", digits(28, split))
            idx(raw / f"{split}-labels-idx1-ubyte.gz", labels)
    if name == "cifar10":
        folder = root / "cifar-10-batches-py"
        folder.mkdir()
        for batch in ("data_batch_1", "test_batch"):
            flat = np.repeat(digits(32, batch)[:, None], 3, axis=1).reshape(COUNT, -1)
            content = {"data": flat, "labels": labels.tolist()}
            (folder / batch).write_bytes(pickle.dumps(content))
        (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": list("0123456789")}))
        monkeypatch.setattr(datasets.CIFAR10, "train_list", [["data_batch_1", None]])
        monkeypatch.setattr(datasets.CIFAR10, "test_list", [["test_batch", None]])
        monkeypatch.setattr(datasets.CIFAR10, "_check_integrity", lambda _: True)
        monkeypatch.setitem(datasets.CIFAR10.meta, "md5", None)
    if name == "svhn":
        for split in ("train", "test"):
            pixels = np.repeat(digits(32, split).transpose(1, 2, 0)[:, :, None], 3, axis=2)
            file = root / f"{split}_32x32.mat"
            scipy.io.savemat(file, {"X": pixels, "y": labels[:, None] + 1})
        monkeypatch.setattr(datasets.SVHN, "_check_integrity", lambda _: True)
        monkeypatch.setattr(datasets.SVHN, "download", lambda _: None)
    if name == "stl10":
        folder = root / "stl10_binary"
        folder.mkdir()
        for part in ("unlabeled", "test"):
            columns = np.repeat(digits(96, part).transpose(0, 2, 1)[:, None], 3, axis=1)
            (folder / f"{part}_X.bin").write_bytes(columns.tobytes())
        (folder / "test_y.bin").write_bytes((labels + 1).tobytes())
        (folder / "class_names.txt").write_text("\n".join("0123456789"))
        monkeypatch.setattr(datasets.STL10, "_check_integrity", lambda _: True)
        monkeypatch.setattr(datasets.STL10, "download", lambda _: None)
    if name == "folder":
        from PIL import Image

        for number, image in enumerate(digits(40)):
            folder = root / "images" / str(number % 10)
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(folder / f"{number:03d}.png")
        return {"name": "folder", "path": str(root / "images"), "labelled": True}
    return name if name in OFFLINE else {"name": name, "validation": 10}
