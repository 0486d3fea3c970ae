"""Samples that lost most of the data, and scores that got worse again; metrics say what counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from runners.failures.evidence import Evidence, Failure, Row
from runners.metrics import METRICS
from runners.metrics.score import Metric

Worse = Callable[[float, float], bool | None]


def mode_collapse(run: Evidence) -> bool | None:
    """Say whether the last score shows mode collapse, by any metric that can tell."""
    if not run.status.ended:
        return None
    last = (run.trained or [{}])[-1]
    said = [metric.collapsed(last) for metric in METRICS.values()]
    known = [verdict for verdict in said if verdict is not None]
    return any(known) if known else None


def degraded(run: Evidence) -> bool | None:
    """Say whether the final score is clearly worse than the best one of the same run."""
    column, worse = _judged(run.trained)
    rows = run.trained
    if not run.finished or not rows or rows[-1].get(column) is None:
        return None
    best = min(row[column] for row in rows if row.get(column) is not None)
    return worse(rows[-1][column], best)


def collapse_step(scores: Sequence[Row]) -> int | None:
    """Return the first scored step from which the score stays clearly above the best so far.

    It stays so until the last score; None if that is not so. Scores that are not numbers are
    passed over. In a finished run it is a step exactly where :func:`degraded` is True.
    """
    rows = [row for row in scores if row["step"] > 0]
    column, worse = _judged(rows)
    best, since = math.inf, None
    for row in rows:
        if row.get(column) is None:
            continue
        best = min(best, row[column])
        since = (since or row["step"]) if worse(row[column], best) else None
    return since


def judges() -> Iterator[tuple[str, type[Metric]]]:
    """Yield (column, metric) of the metrics by which a run can be called degraded."""
    for metric in METRICS.values():
        if metric.degradation:
            yield metric.columns[0].name, metric


def _judged(rows: Sequence[Row]) -> tuple[str, Worse]:
    """Return the column and the verdict of the first such metric that the rows have."""
    found = list(judges())
    column, metric = next((pair for pair in found if any(pair[0] in row for row in rows)), found[0])
    return column, metric.degraded


MODE_COLLAPSE = Failure(
    "mode collapse",
    "at the last score, "
    + ", or ".join(metric.collapse for metric in METRICS.values() if metric.collapse),
    mode_collapse,
)
DEGRADED = Failure(
    "degraded",
    ", or ".join(metric.degradation for metric in METRICS.values() if metric.degradation),
    degraded,
)
