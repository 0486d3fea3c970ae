"""Samples that lost most of the data, and scores that got worse again; metrics say what counts."""

from __future__ import annotations

import math
from collections.abc import Iterator

from runners.failures.evidence import Evidence, Failure
from runners.metrics import METRICS
from runners.metrics.score import Metric

WORSE_RATIO = 2.0
"""Of the best score: a run that ends beyond it is degraded. Runs near it are judged by a hair, so
that a report shows other ratios too."""


def mode_collapse(run: Evidence) -> bool | None:
    """Say whether the last score shows mode collapse, by any metric that can tell."""
    if not run.status.ended:
        return None
    last = (run.trained or [{}])[-1]
    said = [metric.collapsed(last) for metric in METRICS.values()]
    known = [verdict for verdict in said if verdict is not None]
    return any(known) if known else None


def fall(run: Evidence) -> float | None:
    """Return the final score over the best one of the same finished run.

    It is 1 where the final score is worse by no more than sampling makes of it: what held-out
    real data score, whatever the extractor. None where a score is absent.
    """
    rows, (column, allowed) = run.trained, _judged(run)
    if not run.finished or not rows or rows[-1].get(column) is None:
        return None
    best = min(row[column] for row in rows if row.get(column) is not None)
    return _ratio(rows[-1][column], best, allowed)


def degraded(run: Evidence) -> bool | None:
    """Say whether the final score is clearly worse than the best one of the same run."""
    ratio = fall(run)
    return None if ratio is None else ratio > WORSE_RATIO


def collapse_step(run: Evidence) -> int | None:
    """Return the first scored step from which the score stays clearly above the best so far.

    It stays so until the last score; None if that is not so. Scores that are not numbers are
    passed over. In a finished run it is a step exactly where :func:`degraded` is True.
    """
    column, allowed = _judged(run)
    best, since = math.inf, None
    for row in run.trained:
        if row.get(column) is None:
            continue
        best = min(best, row[column])
        worse = _ratio(row[column], best, allowed) > WORSE_RATIO
        since = (since or row["step"]) if worse else None
    return since


def judges() -> Iterator[tuple[str, type[Metric]]]:
    """Yield (column, metric) of the metrics by which a run can be called degraded."""
    for metric in METRICS.values():
        if metric.sampling is not None:
            yield metric.columns[0].name, metric


def _judged(run: Evidence) -> tuple[str, float]:
    """Return the column of the first such metric that the rows have, and what it may rise by."""
    found = list(judges())
    present = (pair for pair in found if any(pair[0] in row for row in run.trained))
    column, metric = next(present, found[0])
    real = run.real(column)
    return column, float(metric.sampling or 0) if real is None else real


def _ratio(score: float, best: float, allowed: float) -> float:
    """Return score over best, 1 where it is worse by no more than is allowed."""
    if score - best <= allowed:
        return 1.0
    return score / best if best > 0 else math.inf


def _degradation() -> str:
    titles = {metric.columns[0].heading: metric.sampling for _, metric in judges()}
    return ", or ".join(
        f"the final {title} is more than {WORSE_RATIO:g} times the run's best, and worse by more "
        f"than held-out real data score ({sampling:g} where that was not recorded)"
        for title, sampling in titles.items()
    )


MODE_COLLAPSE = Failure(
    "mode collapse",
    "at the last score, "
    + ", or ".join(metric.collapse for metric in METRICS.values() if metric.collapse),
    mode_collapse,
)
DEGRADED = Failure("degraded", _degradation(), degraded)
