"""What a data set gives: square uint8 images in memory, labels, and a content hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from runners.errors import DataProblem


@dataclass(frozen=True, eq=False)
class Images:
    """One labelled data set in memory.

    Args:
        train: uint8 (n, channels, size, size); the discriminator's real images and the
            reference of every score.
        train_labels: int64 (n,).
        test: held-out images like ``train``.
        test_labels: int64.
    """

    train: np.ndarray = field(repr=False)
    train_labels: np.ndarray = field(repr=False)
    test: np.ndarray = field(repr=False)
    test_labels: np.ndarray = field(repr=False)

    def __post_init__(self) -> None:
        for images, labels in ((self.train, self.train_labels), (self.test, self.test_labels)):
            if images.dtype != np.uint8 or images.ndim != 4:
                raise DataProblem(f"images must be uint8 NCHW, not {images.dtype} {images.shape}")
            if len(images) != len(labels):
                raise DataProblem(f"{len(images)} images but {len(labels)} labels")

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over shapes, pixels and labels of both splits."""
        digest = hashlib.sha256()
        for array in (self.train, self.train_labels, self.test, self.test_labels):
            digest.update(str((array.dtype.str, array.shape)).encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()
