"""The best median of each score, and whether the page's claims bear it out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from reports.load.columns import Frame
from reports.load.score_columns import Score
from reports.stats.comparisons import BETTER, WORSE
from reports.stats.numbers import Numbers


@dataclass(frozen=True)
class Best:
    """A method with the best median of final scores, diverged runs ranked worst.

    Args:
        cell, metric, method: of what.
        proven: whether the page claims it to be better than every other method of the cell.
    """

    cell: str
    metric: str
    method: str
    proven: bool


def best_medians(numbers: Numbers, by_name: Mapping[str, Score]) -> list[Best]:
    """Return the best of each cell and score that carries claims; of equal ones all.

    Args:
        numbers: of the page, as it shows them.
        by_name: what is known of each score.
    """
    found, summary = [], numbers.score_summary
    for (cell, metric), mine in summary.groupby(["cell", "metric"], observed=True, sort=False):  # pyright: ignore
        costs = by_name[metric].sign * mine["ranked_median"].astype(float)
        best, others = costs.min(), set(mine["method"])
        if len(mine) < 2 or not math.isfinite(best):
            continue
        for method in mine.loc[costs == best, "method"]:
            beaten = _beaten(numbers.pairs, str(cell), metric, method)
            found.append(Best(str(cell), metric, str(method), others - {method} <= beaten))
    return found


def _beaten(pairs: Frame, cell: str, metric: str, method: str) -> set[str]:
    """Return the methods that the page claims this one to be better than."""
    mine = pairs[pairs["claimed"] & (pairs["cell"] == cell) & (pairs["metric"] == metric)]
    won = mine[(mine["first"] == method) & (mine["outcome"] == BETTER)]
    lost = mine[(mine["second"] == method) & (mine["outcome"] == WORSE)]
    return {*won["second"], *lost["first"]}
