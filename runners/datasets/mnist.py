"""MNIST (LeCun et al. 1998) and Fashion-MNIST (Xiao et al. 2017, arXiv 1708.07747)."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.datasets.base import Images
from runners.errors import DataProblem


@dataclass(frozen=True, config=STRICT)
class MNIST:
    """60,000 handwritten digits to train on, 10,000 held out."""

    summary: ClassVar[str] = "60,000 handwritten digits, 28x28 (torchvision, --data-root)"
    torchvision_name: ClassVar[str] = "MNIST"
    n_classes: ClassVar[int] = 10
    shape: ClassVar[tuple[int, int, int]] = (1, 28, 28)
    n_train: ClassVar[int] = 60_000
    name: Literal["mnist"] = "mnist"

    def load(self, root: Path) -> Images:
        """Return the images under ROOT/MNIST/raw, downloaded where missing.

        Raises:
            DataProblem: the files are missing and cannot be downloaded, or are damaged.
        """
        return Images(*self._split(root, train=True), *self._split(root, train=False))

    def _split(self, root: Path, train: bool) -> tuple[np.ndarray, np.ndarray]:
        from torchvision import datasets

        cls = getattr(datasets, self.torchvision_name)
        folder = root / self.torchvision_name / "raw"
        try:
            split = cls(root=str(root), train=train, download=True)
        except (OSError, RuntimeError, EOFError, ValueError) as error:
            raise DataProblem(
                f"{self.name}: cannot read {folder}: {error}. Put the four *-ubyte.gz files of "
                f"{self.torchvision_name} there, or name another folder with --data-root"
            ) from error
        return split.data.numpy()[:, None], split.targets.numpy()


@dataclass(frozen=True, config=STRICT)
class FashionMNIST(MNIST):
    """60,000 images of clothes to train on, 10,000 held out."""

    summary: ClassVar[str] = "60,000 images of clothes, 28x28 (torchvision, --data-root)"
    torchvision_name: ClassVar[str] = "FashionMNIST"
    name: Literal["fashion_mnist"] = "fashion_mnist"  # pyright: ignore
