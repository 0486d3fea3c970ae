"""What a data set gives: images or points in memory, labels, and a content hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

from runners.errors import DataProblem

HOLD_OUT = 5  # where a set has no test split of its own, every fifth item is held out


class Dataset(Protocol):
    """A registered data set: a frozen dataclass whose fields are its parameters."""

    summary: ClassVar[str]

    @property
    def name(self) -> Any:
        """Name in the registry."""
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """(channels, size, size) of its images, or (2,) of points, known without loading."""
        ...

    @property
    def labelled(self) -> bool:
        """Whether a classifier can be trained on it."""
        ...

    def load(self, root: Path) -> Images:
        """Return everything in memory; raise DataProblem where that fails."""
        ...


@dataclass(frozen=True, eq=False)
class Modes:
    """Centres (k, 2) and standard deviation of a mixture of equal Gaussians."""

    centres: np.ndarray
    std: float


@dataclass(frozen=True, eq=False)
class Images:
    """One data set in memory.

    Args:
        train: uint8 (n, channels, size, size), or float32 (n, 2) points; the discriminator's
            real data and the reference of every score.
        train_labels: int64 (n,); all zero where there are no labels.
        test: held-out data like ``train``.
        test_labels: int64.
        modes: of a synthetic mixture, else None.
        shares: probability of each class; counted from ``train_labels`` if not known better.
    """

    train: np.ndarray = field(repr=False)
    train_labels: np.ndarray = field(repr=False)
    test: np.ndarray = field(repr=False)
    test_labels: np.ndarray = field(repr=False)
    modes: Modes | None = None
    shares: np.ndarray | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for data, labels in ((self.train, self.train_labels), (self.test, self.test_labels)):
            if (data.dtype, data.ndim) not in ((np.uint8, 4), (np.float32, 2)):
                raise DataProblem(f"expected uint8 NCHW or float32 points, not {data.dtype}")
            if len(data) != len(labels) or not len(data):
                raise DataProblem(f"{len(data)} images but {len(labels)} labels")

    @cached_property
    def label_shares(self) -> np.ndarray:
        """Probability of each class among real data, shape (classes,)."""
        if self.shares is not None:
            return self.shares
        return np.bincount(self.train_labels) / len(self.train_labels)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over shapes, pixels and labels of both splits."""
        digest = hashlib.sha256()
        for array in (self.train, self.train_labels, self.test, self.test_labels):
            digest.update(str((array.dtype.str, array.shape)).encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def hold_out(data: np.ndarray, labels: np.ndarray, **more: Any) -> Images:
    """Return the set with every fifth item held out."""
    held = np.arange(len(data)) % HOLD_OUT == HOLD_OUT - 1
    return Images(data[~held], labels[~held], data[held], labels[held], **more)
