"""What a data set gives: images or points in memory, labels, and a content hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as component

from runners.component import STRICT, Component
from runners.errors import DataProblem

HOLD_OUT = 5  # where a set has no test split of its own, every fifth item is held out


@component(frozen=True, config=STRICT)
class Dataset(Component):
    """A data set: what is known of it without loading, and how it is loaded.

    Subclasses are frozen dataclasses whose fields are its parameters, with a field ``name`` and
    a ``shape``: (channels, size, size) of its images, or (2,) of points in the plane.

    Args:
        train_size: how many training data runs train on; None for all. Smaller sizes are part
            of larger ones, the same for all seeds and methods.
    """

    train_size: Annotated[int, Field(ge=2)] | None = field(default=None, kw_only=True)
    summary: ClassVar[str] = ""
    mixture: ClassVar[bool] = False
    """Whether it is drawn from a mixture whose modes are known."""
    files: ClassVar[str | None] = None
    """Pattern, below the data root, of a file that is there once it is; None if it needs none."""
    argument: ClassVar[str | None] = None
    """The parameter that ``name:argument`` gives."""
    shape: ClassVar[tuple[int, ...]] = ()

    @property
    def labelled(self) -> bool:
        """Whether its labels are classes, so that a classifier can be trained on it."""
        return False

    @property
    def points(self) -> bool:
        """Whether it holds points in the plane rather than images."""
        return len(self.shape) == 1

    @property
    def extractor(self) -> str:
        """The extractor it is scored by unless a spec says otherwise."""
        if self.points:
            return "coordinates"
        return "classifier" if self.labelled and self.shape[0] == 1 else "inception"

    @property
    def channelwise(self) -> Dataset | None:
        """The data set that each channel is an image of, whose classifier judges this one."""
        return None

    def load(self, root: Path) -> Images:
        """Return everything in memory.

        Args:
            root: the folder of downloaded data sets.

        Raises:
            DataProblem: it cannot be loaded; with what to do.
        """
        raise NotImplementedError(f"{type(self).__name__} cannot be loaded")


@dataclass(frozen=True, eq=False)
class Mixture:
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
        test_labels: int64 (m,).
        mixture: the synthetic mixture the data were drawn from, else None.
        shares: probability of each class; counted from ``train_labels`` if not known better.
    """

    train: np.ndarray = field(repr=False)
    train_labels: np.ndarray = field(repr=False)
    test: np.ndarray = field(repr=False)
    test_labels: np.ndarray = field(repr=False)
    mixture: Mixture | None = None
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


def subset(images: Images, size: int | None) -> Images:
    """Return the set with the first ``size`` training data of one fixed order; None for all.

    Shares of classes stay those of the whole training split, which judges of any size.

    Raises:
        DataProblem: there are fewer.
    """
    if size is None:
        return images
    count = len(images.train)
    if size > count:
        raise DataProblem(f"dataset.train_size: {size}, but there are {count} training data")
    import torch

    from runners import seeds

    chosen = torch.randperm(count, generator=seeds.draws(0, "train size"))[:size].numpy()
    return replace(
        images,
        train=images.train[chosen],
        train_labels=images.train_labels[chosen],
        shares=images.label_shares,
    )
