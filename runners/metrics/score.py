"""What a score is: numbers from features of generated data and of the reference."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic.dataclasses import dataclass as component

from runners.component import STRICT, Component

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from runners.datasets.base import Dataset, Mixture

GAP = "gap"
"""What a score against test data is above one against as many training data."""
AVERAGED = "ema"
"""The score of a generator whose weights are averaged over training."""


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
        of: the column that this is a variant of.
        split: what a variant compares with: ``validation`` or ``test`` data, or both test and
            training data for a ``gap``; '' for the training data, as all others.
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

    @property
    def averaged(self) -> Column:
        """The same of the generator's average."""
        of = variant(self.of, AVERAGED) if self.split else self.name
        name, title = variant(self.name, AVERAGED), f"{self.heading}, averaged"
        return dataclasses.replace(self, name=name, title=title, of=of)

    @property
    def held_out(self) -> Iterator[Column]:
        """The same against validation and test data, and the gap if methods are ranked by it."""
        for split in ("validation", "test"):
            name, title = variant(self.name, split), f"{self.heading} ({split})"
            yield dataclasses.replace(self, name=name, title=title, of=self.name, split=split)
        if self.ranks:
            yield Column(variant(self.name, GAP), f"{self.heading} gap", of=self.name, split=GAP)


def variant(name: str, kind: str) -> str:
    """Return the name of a column's variant."""
    return f"{name}_{kind}"


@component(frozen=True, config=STRICT)
class Metric(Component):
    """A score computed by torch-fidelity's own functions, or exactly; fields are its settings.

    The first of ``columns`` is the score; the others describe it. ``formerly`` maps fields that
    an evaluation held before metrics had their own to the names they have here.
    """

    summary: ClassVar[str] = ""
    columns: ClassVar[tuple[Column, ...]] = ()
    compares: ClassVar[bool] = False
    """Whether it compares with real data, so that it matters which: it is then scored against
    each split of them."""
    formerly: ClassVar[Mapping[str, str]] = {}

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

    @classmethod
    def all_columns(cls) -> tuple[Column, ...]:
        """Return the columns and all their variants, as rows may hold them."""
        own = [
            one
            for column in cls.columns
            for one in (column, *(column.held_out if cls.compares else ()))
        ]
        return (*own, *(column.averaged for column in own if column.ranks))

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
