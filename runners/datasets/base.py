"""What a data set gives: images or points in memory, labels, and a content hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeAlias

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as component

from runners.component import STRICT, Component
from runners.errors import DataProblem

Split: TypeAlias = tuple[np.ndarray, np.ndarray]
"""Data and their labels."""

SPLITS = ("train", "validation", "test")
VALIDATED, TESTED = 4, 9  # of every ten items, where all are divided at once
FEWEST = 2  # training data: scores need their covariance
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

    train_size: Annotated[int, Field(ge=FEWEST)] | None = field(default=None, kw_only=True)
    summary: ClassVar[str] = ""
    earlier: ClassVar[Mapping[str, Any]] = {"train_size": None}
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

    def present(self, root: Path) -> bool:
        """Whether its files are below ``root``, or it needs none."""
        return self.files is None or any(root.glob(self.files))

    def look(self, root: Path) -> int | None:  # noqa: ARG002
        """Refuse what ``load`` would refuse, as far as that is seen without loading.

        Returns:
            How many data runs train on, None where only loading tells.

        Raises:
            DataProblem: with what to do.
        """
        return None

    def at_hand(self, root: Path) -> Images | None:
        """Return what ``load`` returns, None where that would fetch or write anything first.

        Raises:
            DataProblem: it cannot be loaded; with what to do.
        """
        return self.load(root) if self.present(root) else None

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
        validation: like ``train``, held out for choosing between runs; empty only where a data
            set was told to have none.
        validation_labels: int64.
        test: like ``train``, held out for what is claimed of a run.
        test_labels: int64.
        mixture: the synthetic mixture the data were drawn from, else None.
        shares: probability of each class; counted from ``train_labels`` if not known better.
        order: indices that bring validation and test, one after the other, into the order they
            had before they were divided; None if they never lay together.
    """

    train: np.ndarray = field(repr=False)
    train_labels: np.ndarray = field(repr=False)
    validation: np.ndarray = field(repr=False)
    validation_labels: np.ndarray = field(repr=False)
    test: np.ndarray = field(repr=False)
    test_labels: np.ndarray = field(repr=False)
    mixture: Mixture | None = None
    shares: np.ndarray | None = field(default=None, repr=False)
    order: np.ndarray | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for split in SPLITS:
            data, labels = self.split(split)
            if (data.dtype, data.ndim) not in ((np.uint8, 4), (np.float32, 2)):
                raise DataProblem(f"expected uint8 NCHW or float32 points, not {data.dtype}")
            if len(data) != len(labels) or not (len(data) or split == "validation"):
                raise DataProblem(f"{split}: {len(data)} images but {len(labels)} labels")

    def split(self, name: str) -> Split:
        """Return the data and labels of one of SPLITS."""
        return getattr(self, name), getattr(self, f"{name}_labels")

    @cached_property
    def held_out(self) -> Split:
        """Validation and test together, in the order they had before they were divided."""
        order = slice(None) if self.order is None else self.order
        data = np.concatenate([self.validation, self.test])
        return data[order], np.concatenate([self.validation_labels, self.test_labels])[order]

    @cached_property
    def label_shares(self) -> np.ndarray:
        """Probability of each class among real data, shape (classes,)."""
        if self.shares is not None:
            return self.shares
        return np.bincount(self.train_labels) / len(self.train_labels)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over shapes, pixels and labels of the training data and of all held out.

        It does not say how these are divided, so that a classifier, which is trained on the
        ones and judged on all of the others, is known by it whatever the division.
        """
        digest = hashlib.sha256()
        for array in (*self.split("train"), *self.held_out):
            digest.update(str((array.dtype.str, array.shape)).encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def hold_out(data: np.ndarray, labels: np.ndarray, **more: Any) -> Images:
    """Return the set with every fifth item held out, for validation and test in turns."""
    train, held = every_fifth((data, labels))
    tested = np.arange(len(held[0])) % 2 == 1
    validation, test = _divided(held, tested)
    order = np.argsort(np.argsort(tested, kind="stable"))
    return Images(*train, *validation, *test, order=order, **more)


def stratified(data: np.ndarray, labels: np.ndarray) -> Images:
    """Return the set divided at random, always the same: a tenth each for validation and test.

    Every class is in each split in proportion to its number, to within one item.
    """
    order = _fixed_order(len(data), "stratified")
    order = order[np.argsort(labels[order], kind="stable")]  # class by class, at random in each
    tenth = np.empty(len(data), dtype=np.int64)
    tenth[order] = np.arange(len(data)) % 10
    chosen = (~np.isin(tenth, (VALIDATED, TESTED)), tenth == VALIDATED, tenth == TESTED)
    train, validation, test = ((data[mine], labels[mine]) for mine in chosen)
    return Images(*train, *validation, *test)


def every_fifth(split: Split) -> tuple[Split, Split]:
    """Return a split without every fifth item, and these."""
    return _divided(split, np.arange(len(split[0])) % HOLD_OUT == HOLD_OUT - 1)


def cut(split: Split, count: int) -> tuple[Split, Split]:
    """Return a split without ``count`` items drawn at random, always the same, and these.

    Raises:
        DataProblem: nothing would be left.
    """
    size = len(split[0])
    if count >= size:
        raise DataProblem(
            f"dataset.validation: {count} of {size} training data leave none to train on"
        )
    chosen = np.zeros(size, dtype=bool)
    chosen[_fixed_order(size, "validation")[:count]] = True
    return _divided(split, chosen)


def subset(images: Images, size: int | None) -> Images:
    """Return the set with the first ``size`` training data of one fixed order; None for all.

    Shares of classes stay those of the whole training split, which judges of any size.

    Raises:
        DataProblem: there are fewer.
    """
    if size is None:
        return images
    count = len(images.train)
    chosen = _fixed_order(count, "train size")[: require_size(count, size)]
    return replace(
        images,
        train=images.train[chosen],
        train_labels=images.train_labels[chosen],
        shares=images.label_shares,
    )


def require_size(count: int, size: int | None) -> int:
    """Return how many of so many training data runs train on: ``size``, or None for all.

    Raises:
        DataProblem: there are fewer.
    """
    if size is not None and size > count:
        raise DataProblem(f"dataset.train_size: {size}, but there are {count} training data")
    return count if size is None else size


def _fixed_order(count: int, purpose: str) -> np.ndarray:
    """Return a permutation of so many indices: one for all runs, whatever their seed."""
    import torch

    from runners import seeds

    return torch.randperm(count, generator=seeds.draws(0, purpose)).numpy()


def _divided(split: Split, chosen: np.ndarray) -> tuple[Split, Split]:
    data, labels = split
    return (data[~chosen], labels[~chosen]), (data[chosen], labels[chosen])
