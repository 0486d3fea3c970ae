"""By which score the best checkpoint of a run is chosen."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from runners.metrics.score import Column, Metric, variant


def validated(name: str, present: Collection[str]) -> str:
    """Return the name of a score against validation data, or its own where there is none."""
    against = variant(name, "validation")
    return against if against in present else name


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

    ranking = (column for metric in metrics for column in metric.columns if column.ranks)
    return min((c for c in ranking if c.name in present), key=rank, default=None)
