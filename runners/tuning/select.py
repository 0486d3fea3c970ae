"""Which trial wins: the lowest mean cost over its seeds; a failed run ranks worst."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from statistics import fmean

FAILED = math.inf


def run_cost(score: float | None, lower_is_better: bool) -> float:
    """Return what a run's score counts: less is better, infinite where there is no score.

    Args:
        score: at the final step; None of a run that diverged or has none.
        lower_is_better: the score's direction.
    """
    if score is None or not math.isfinite(score):
        return FAILED
    return score if lower_is_better else -score


def trial_cost(values: Iterable[float]) -> float:
    """Return the mean over a trial's seeds of what its runs cost, infinite where any failed."""
    costs = list(values)
    return fmean(costs) if all(map(math.isfinite, costs)) else FAILED


def winner(costs: Mapping[int, float]) -> int:
    """Return the trial with the lowest cost; of equals the earliest, so the default wins ties."""
    return min(sorted(costs), key=costs.__getitem__)
