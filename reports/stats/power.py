"""What so many seeds could show at best, whatever the scores."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from reports.load.columns import Frame

LEVEL = 0.05


def smallest_p(n: int) -> float:
    """Return the smallest two-sided exact Mann-Whitney p of n against n runs, 2 / C(2n, n)."""
    return 2 / math.comb(2 * n, n) if n else 1.0


def seeds_needed(pairs: int, level: float = LEVEL) -> int:
    """Return the fewest seeds with which Holm over ``pairs`` comparisons can reject one."""
    n = 1
    while smallest_p(n) * pairs > level:
        n += 1
    return n


def power(runs: Frame, scores: Frame) -> Frame:
    """Return what each cell's seeds could show at best, one row per cell.

    Returns:
        cell; methods, pairs, n and n_planned (of the method with the fewest runs with a result, and
        planned), smallest_p, smallest_holm (times the pairs), can_reject, seeds_needed.
    """
    rows = []
    for cell, planned in runs.groupby("cell", observed=True):
        methods = planned["method"].nunique()
        pairs = methods * (methods - 1) // 2
        n = _fewest(planned, scores[scores["cell"] == cell])
        n_planned = int(planned.groupby("method", observed=True).size().min())
        counts = {"methods": methods, "pairs": pairs, "n": n, "n_planned": n_planned}
        rows.append({"cell": cell, **counts, **_at_best(n, pairs)})
    return pd.DataFrame(rows)


def _fewest(planned: Frame, scores: Frame) -> int:
    methods = planned["method"].unique()
    counts = scores.dropna(subset="cost").groupby(["metric", "method"], observed=True).size()
    whole = [counts.get((m, method), 0) for m in scores["metric"].unique() for method in methods]
    return int(min(whole, default=0))


def _at_best(n: int, pairs: int) -> dict[str, Any]:
    smallest = min(1.0, smallest_p(n) * pairs)
    return {
        "smallest_p": smallest_p(n),
        "smallest_holm": smallest,
        "can_reject": pairs > 0 and smallest <= LEVEL,
        "seeds_needed": seeds_needed(pairs),
    }
