"""What a score is: numbers from features of generated data and of the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic.dataclasses import dataclass as component

from runners.component import STRICT, Component

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from runners.datasets.base import Dataset, Mixture


@dataclass(frozen=True)
class Features:
    """Extractor outputs of one set of data.

    Args:
        embedding: float32 (n, dim).
        logits: float32 (n, classes); (n, 0) where there are none.
    """

    embedding: Tensor = field(repr=False)
    logits: Tensor = field(repr=False)


@dataclass(frozen=True)
class Reference:
    """The real side.

    Args:
        mean: of the embedding, (dim,).
        covariance: of the embedding, (dim, dim).
        labels: share of each class, (classes,).
        mixture: the synthetic mixture the data were drawn from, else None.
        count: number of real data.
        embedding: gives all real features, float32 (count, dim); only some metrics need them.
    """

    mean: np.ndarray = field(repr=False)
    covariance: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    mixture: Mixture | None
    count: int
    embedding: Callable[[], Tensor] = field(repr=False)


@dataclass(frozen=True)
class Column:
    """One number of a score, as it is stored in rows and named in reports.

    Args:
        name: in the rows.
        title: in headings; the name in capitals if empty.
        lower_is_better: the direction; None for a detail without one, such as a deviation.
        ranks: whether methods are ranked by it; what has a direction and ranks nobody describes
            the samples.
        total: the column of what a count is out of.
        limit: mode collapse lies beyond it; for a count, a share of its total.
        of: the base column that it is a variant of, '' where it is one itself.
        split: what a variant is held against: ``validation``, ``test``, or ``gap`` for the
            difference of test and train at equal n; '' is train, where data are held against any.
    """

    name: str
    title: str = ""
    lower_is_better: bool | None = None
    ranks: bool = False
    total: str | None = None
    limit: float | None = None
    of: str = ""
    split: str = ""

    @property
    def heading(self) -> str:
        """The title, or the name in capitals."""
        return self.title or self.name.upper()


def _variants(column: Column, compares: bool) -> Iterator[Column]:
    """Yield a column and what is recorded beside it."""
    splits = [""] + ["validation", "test"] * compares
    gap = ["gap"] * (compares and column.ranks)
    for split in splits + gap:
        yield _variant(column, split) if split else column
    for split in splits if column.ranks else []:
        yield _variant(column, split, "ema")


def _variant(column: Column, *parts: str) -> Column:
    name = "_".join([column.name, *filter(None, parts)])
    return replace(column, name=name, title=column.heading, of=column.name, split=parts[0])


@component(frozen=True, config=STRICT)
class Metric(Component):
    """A score computed by torch-fidelity's own functions, or exactly; fields are its settings.

    The first of ``columns`` is the score; the others describe it. ``formerly`` maps fields that
    an evaluation held before metrics had their own to the names they have here.
    """

    summary: ClassVar[str] = ""
    columns: ClassVar[tuple[Column, ...]] = ()
    formerly: ClassVar[Mapping[str, str]] = {}
    compares: ClassVar[bool] = False
    """Whether it holds generated data against real ones, so that every split gives a score."""

    @classmethod
    def all_columns(cls) -> tuple[Column, ...]:
        """Return the columns, their variants by split, and those of an averaged generator."""
        return tuple(v for column in cls.columns for v in _variants(column, cls.compares))

    @property
    def least(self) -> int:
        """Fewest generated, and fewest real, data that it can be computed from."""
        return 1

    @classmethod
    def usual(cls, dataset: Dataset, extractor: str) -> bool:  # noqa: ARG003
        """Whether it is scored where a spec names no metrics."""
        return False

    def problem(self, dataset: Dataset, extractor: str) -> str | None:  # noqa: ARG002
        """Say why it does not fit a data set or the name of an extractor, or return None."""
        return None

    def score(self, generated: Features, reference: Reference, samples: int) -> dict[str, float]:
        """Return one number for each of ``columns``.

        Args:
            generated: what is scored: at least ``least`` data.
            reference: the real side.
            samples: how many data a run generates per score; held-out real data may be fewer.
        """
        raise NotImplementedError(f"{type(self).__name__} has no score")

    def stamps(self, samples: int) -> list[str]:  # noqa: ARG002
        """Return what else belongs in the protocol of a score of so many samples."""
        return []

    @classmethod
    def collapsed(cls, row: Mapping[str, Any]) -> bool | None:  # noqa: ARG003
        """Say whether a stored row shows mode collapse, or return None where it cannot tell."""
        return None

    @classmethod
    def degraded(cls, final: float, best: float) -> bool | None:  # noqa: ARG003
        """Say whether ``final`` is clearly worse than ``best``; None for a metric not judged so."""
        return None

    collapse: ClassVar[str] = ""
    """What :meth:`collapsed` means, in words that go on from "at the last score, "."""
    degradation: ClassVar[str] = ""
    """What :meth:`degraded` means, in words."""
    bias: ClassVar[str] = ""
    """Where a small number of data moves the score: ``upwards``, ``downwards`` or nowhere."""
