"""Data sets that torchvision downloads, verifies and decodes; kept in memory as uint8."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.datasets.base import Dataset, Images, Split, cut
from runners.errors import DataProblem


@dataclass(frozen=True, config=STRICT)
class TorchvisionSet(Dataset):
    """Loads a train and a test split through torchvision, and cuts validation from train.

    Args:
        validation: how many training images are held out for it, drawn at random.
        size: pixels to resize all images to; None for the set's own.
    """

    summary: ClassVar[str] = ""
    earlier: ClassVar[Mapping[str, Any]] = {"validation": 0}
    torchvision_name: ClassVar[str] = ""
    labelled: ClassVar[bool] = True
    own_shape: ClassVar[tuple[int, int, int]] = (1, 28, 28)
    validation: Annotated[int, Field(ge=0)] = 5000
    size: Annotated[int, Field(ge=8, le=64)] | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, size, size)."""
        channels, *_, pixels = self.own_shape
        size = self.size or pixels
        return channels, size, size

    def load(self, root: Path) -> Images:
        """Return the images under ``root``, downloaded where missing.

        Raises:
            DataProblem: the files are missing and cannot be downloaded, or are damaged.
        """
        return self._load(root, download=True)

    def at_hand(self, root: Path) -> Images | None:
        """Return the images under ``root``, None where files are missing or not the original.

        Raises:
            DataProblem: files that are taken for the original cannot be read.
        """
        try:
            return self._load(root, download=False) if self.present(root) else None
        except DataProblem as problem:
            if isinstance(problem.__cause__, RuntimeError):  # how torchvision says so
                return None
            raise

    def _load(self, root: Path, download: bool) -> Images:
        try:
            whole, test = (self.split(root, train, download) for train in (True, False))
        except (OSError, RuntimeError, EOFError, ValueError, KeyError) as error:
            raise DataProblem(
                f"{self.name}: cannot read {self.folder(root)}: {error}. Put the "
                f"original files there, or name another folder with --data-root"
            ) from error
        train, validation = cut(self._resized(whole), self.validation)
        return Images(*train, *validation, *self._resized(test))

    def _resized(self, split: Split) -> Split:
        images, labels = split
        size = self.shape[-1]
        return (images if images.shape[-1] == size else resize(images, size)), labels

    def folder(self, root: Path) -> Path:
        """Return the folder its files belong in."""
        return (root / (self.files or "")).parent

    def split(self, root: Path, train: bool, download: bool) -> Split:
        """Return (uint8 NCHW, int64 labels) of one split, in the size of its files."""
        found = self._open(root, train=train, download=download)
        return found.data.numpy()[:, None], found.targets.numpy()

    def _open(self, root: Path, **options: Any) -> Any:
        from torchvision import datasets

        return getattr(datasets, self.torchvision_name)(root=str(root), **options)


@dataclass(frozen=True, config=STRICT)
class MNIST(TorchvisionSet):
    """60,000 handwritten digits and 10,000 to test (LeCun et al. 1998)."""

    summary: ClassVar[str] = "60,000 handwritten digits, 28x28"
    torchvision_name: ClassVar[str] = "MNIST"
    files: ClassVar[str | None] = "MNIST/raw/train-images-idx3-ubyte*"
    name: Literal["mnist"] = "mnist"


@dataclass(frozen=True, config=STRICT)
class FashionMNIST(TorchvisionSet):
    """60,000 images of clothes (Xiao et al. 2017, arXiv 1708.07747)."""

    summary: ClassVar[str] = "60,000 images of clothes, 28x28"
    torchvision_name: ClassVar[str] = "FashionMNIST"
    files: ClassVar[str | None] = "FashionMNIST/raw/train-images-idx3-ubyte*"
    name: Literal["fashion_mnist"] = "fashion_mnist"


@dataclass(frozen=True, config=STRICT)
class KMNIST(TorchvisionSet):
    """60,000 cursive Japanese characters (Clanuwat et al. 2018, arXiv 1812.01718)."""

    summary: ClassVar[str] = "60,000 cursive Japanese characters, 28x28"
    torchvision_name: ClassVar[str] = "KMNIST"
    files: ClassVar[str | None] = "KMNIST/raw/train-images-idx3-ubyte*"
    name: Literal["kmnist"] = "kmnist"


@dataclass(frozen=True, config=STRICT)
class CIFAR10(TorchvisionSet):
    """50,000 natural images of ten classes and 10,000 to test (Krizhevsky 2009)."""

    summary: ClassVar[str] = "50,000 natural images, 32x32 RGB"
    torchvision_name: ClassVar[str] = "CIFAR10"
    files: ClassVar[str | None] = "cifar-10-batches-py/data_batch_1"
    own_shape: ClassVar[tuple[int, int, int]] = (3, 32, 32)
    name: Literal["cifar10"] = "cifar10"

    def split(self, root: Path, train: bool, download: bool) -> Split:
        """Return (uint8 NCHW, int64 labels) of one split."""
        found = self._open(root, train=train, download=download)
        return np.ascontiguousarray(found.data.transpose(0, 3, 1, 2)), np.array(found.targets)


@dataclass(frozen=True, config=STRICT)
class SVHN(TorchvisionSet):
    """73,257 house numbers and 26,032 to test (Netzer et al. 2011)."""

    summary: ClassVar[str] = "73,257 house numbers, 32x32 RGB"
    torchvision_name: ClassVar[str] = "SVHN"
    files: ClassVar[str | None] = "train_32x32.mat"
    own_shape: ClassVar[tuple[int, int, int]] = (3, 32, 32)
    name: Literal["svhn"] = "svhn"

    def split(self, root: Path, train: bool, download: bool) -> Split:
        """Return (uint8 NCHW, int64 labels) of one split."""
        found = self._open(root, split="train" if train else "test", download=download)
        return found.data, np.array(found.labels, dtype=np.int64)


@dataclass(frozen=True, config=STRICT)
class STL10(TorchvisionSet):
    """100,000 unlabelled images, resized to 48 pixels as in arXiv 1802.05957.

    The 8,000 images of its test split are the test split.
    """

    summary: ClassVar[str] = "100,000 unlabelled natural images, resized to 48x48 RGB"
    torchvision_name: ClassVar[str] = "STL10"
    files: ClassVar[str | None] = "stl10_binary/unlabeled_X.bin"
    labelled: ClassVar[bool] = False
    own_shape: ClassVar[tuple[int, int, int]] = (3, 48, 48)
    name: Literal["stl10"] = "stl10"

    def split(self, root: Path, train: bool, download: bool) -> Split:
        """Return (uint8 NCHW, zeros) of one split."""
        found = self._open(root, split="unlabeled" if train else "test", download=download)
        return found.data, np.zeros(len(found.data), dtype=np.int64)


def resize(images: np.ndarray, size: int, batch: int = 2000) -> np.ndarray:
    """Return uint8 NCHW images of ``size`` pixels, bilinear, with antialiasing where it shrinks."""
    import torch
    from torch.nn import functional

    def resized(part: np.ndarray) -> np.ndarray:
        pixels = torch.from_numpy(part).float()
        changed = functional.interpolate(pixels, (size, size), mode="bilinear", antialias=True)
        return changed.round().clamp(0, 255).to(torch.uint8).numpy()

    parts = [resized(images[start : start + batch]) for start in range(0, len(images), batch)]
    return np.concatenate(parts)
