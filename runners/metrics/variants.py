"""Names of a score's variants in the rows: of another split, and of the averaged generator."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from runners.metrics.score import Column, Metric

SPLITS = ("", "_validation", "_test")
"""What the name of a ranking column is followed by; the reference of the plain one is train."""


def averaged(name: str) -> str:
    """Return the name of a score of the exponential average of G."""
    return f"{name}_ema"


def ranking(metrics: Iterable[Metric | type[Metric]]) -> Iterator[Column]:
    """Yield the columns that methods are ranked by."""
    return (column for metric in metrics for column in metric.columns if column.ranks)


def validated(name: str, present: Collection[str]) -> str:
    """Return the name of a score against validation data, or its own where there is none."""
    variant = f"{name}_validation"
    return variant if variant in present else name


def selecting(metrics: Iterable[Metric], present: Collection[str]) -> Column | None:
    """Return the column whose :func:`validated` score chooses the best checkpoint of a run.

    That is the first that methods are ranked by; one with a score against validation data comes
    before one without, and one where lower is better before one where higher is.

    Args:
        metrics: of the run, in its order.
        present: names of what its rows hold.
    """

    def rank(column: Column) -> tuple[bool, bool]:
        return validated(column.name, present) == column.name, not column.lower_is_better

    return min((c for c in ranking(metrics) if c.name in present), key=rank, default=None)
