"""What a score is: numbers from features of generated data and of the reference."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from pydantic.dataclasses import dataclass as component

from runners.component import STRICT, Component

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from runners.datasets.base import Dataset, Mixture

Projected: TypeAlias = tuple[dict[str, float], str]
"""Columns at a number of data that there are not, and in words how they were made."""

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
        data: what they are the features of, (n, *shape), on any device.
    """

    embedding: Tensor = field(repr=False)
    logits: Tensor = field(repr=False)
    data: Tensor | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.embedding)

    @cached_property
    def statistics(self) -> dict[str, np.ndarray]:
        """{"mu": mean (dim,), "sigma": covariance (dim, dim)} of the embedding."""
        from runners.metrics.fidelity_functions import statistics

        return statistics(self.embedding)

    def take(self, chosen: Tensor) -> Features:
        """Return the features of some of the data, by their indices."""
        data = None if self.data is None else self.data[chosen]
        return Features(self.embedding[chosen], self.logits[chosen], data)


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
        data: gives all real data, (count, *shape), to metrics that need no features.
    """

    mean: np.ndarray = field(repr=False)
    covariance: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    mixture: Mixture | None
    count: int
    embedding: Callable[[], Tensor] = field(repr=False)
    data: Callable[[], Tensor] | None = field(default=None, repr=False)


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
    needs_features: ClassVar[bool] = False
    """Whether it needs real features themselves, which a file of their statistics lacks."""
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

    def within(self, count: int) -> Metric:  # noqa: ARG002
        """Return the metric with settings that ``count`` data suffice for, if that is possible.

        It must estimate the same, as held-out data are fewer than those it was set for.
        """
        return self

    def projected(
        self,
        pool: Features,  # noqa: ARG002
        reference: Reference,  # noqa: ARG002
        samples: int,  # noqa: ARG002
    ) -> Projected | None:
        """Return what ``samples`` data would score, made from fewer, and how; None if unknown.

        Args:
            pool: fewer data than ``samples``, at least ``least``.
            reference: the real side, which they are no part of.
            samples: how many data a run generates per score.
        """
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

    collapse: ClassVar[str] = ""
    """What :meth:`collapsed` means, in words that go on from "at the last score, "."""
    sampling: ClassVar[float | None] = None
    """How much worse its score may get by sampling alone, where that of held-out real data is not
    known; runs are called degraded by the first metric that says it, lower scores being better."""
    bias: ClassVar[str] = ""
    """Where a small number of data moves the score: ``upwards``, ``downwards`` or nowhere."""
