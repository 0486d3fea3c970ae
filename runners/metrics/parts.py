"""Which real data generated ones are compared with, and the columns that gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from runners.datasets.base import SPLITS, Images
from runners.metrics.score import GAP, Metric, variant

HELD_OUT = "held_out"
"""Validation and test together."""


@dataclass(frozen=True)
class Part:
    """Some or all data of a split.

    Args:
        split: its name.
        count: how many; drawn at random where there are more.
    """

    split: str
    count: int


@dataclass(frozen=True)
class Against:
    """One comparison.

    Args:
        part: the reference.
        pool: real data that are in no reference of the column: a perfect generator's stand-in.
    """

    part: Part
    pool: str


@dataclass(frozen=True)
class Compared:
    """How a column comes about.

    Args:
        name: of the column.
        own: the metric's own column.
        terms: its value is that of the first of them, less those of the others.
    """

    name: str
    own: str
    terms: tuple[Against, ...]


@dataclass(frozen=True)
class Parts:
    """The parts that scores refer to.

    Args:
        whole: each split that has data, by its name, train first.
        even: as many data of test as of train, for the gap between them; () where there is none.
    """

    whole: dict[str, Part]
    even: tuple[Part, ...]

    @property
    def protocol(self) -> str:
        """The splits and their sizes, as they stand in every protocol."""
        return "+".join(f"{part.split}-{part.count}" for part in self.whole.values())

    @property
    def all(self) -> tuple[Part, ...]:
        """Every part, once."""
        return tuple(dict.fromkeys((*self.whole.values(), *self.even)))

    def row(
        self, metric: Metric, value: Callable[[Against], Mapping[str, float]]
    ) -> dict[str, float]:
        """Return the columns of a metric, those left out that cannot be had.

        Args:
            metric: its columns.
            value: gives the metric's own columns for a comparison, {} where it cannot be made.
        """
        found = {}
        for column in self.compared(metric):
            terms = [value(against) for against in column.terms]
            if all(column.own in term for term in terms):
                first, *others = (term[column.own] for term in terms)
                found[column.name] = first - sum(others)
        return found

    def compared(self, metric: Metric) -> Iterator[Compared]:
        """Yield the columns of a metric: its own, and those it has against held-out data."""
        own = [column.name for column in metric.columns]
        yield from (Compared(c, c, (Against(self.whole["train"], HELD_OUT),)) for c in own)
        if not metric.compares:
            return
        for split, pool in (("validation", "test"), ("test", "validation")):
            if split in self.whole:
                terms = (Against(self.whole[split], pool),)
                yield from (Compared(variant(c, split), c, terms) for c in own)
        terms = tuple(Against(part, "validation") for part in self.even)
        ranking = [column.name for column in metric.columns if column.ranks and terms]
        yield from (Compared(variant(c, GAP), c, terms) for c in ranking)


def parts_of(images: Images) -> Parts:
    """Return the parts of a data set."""
    sizes = {split: len(images.split(split)[0]) for split in SPLITS}
    whole = {split: Part(split, size) for split, size in sizes.items() if size}
    fewer = min(sizes["train"], sizes["test"])
    return Parts(whole, (Part("test", fewer), Part("train", fewer)))
