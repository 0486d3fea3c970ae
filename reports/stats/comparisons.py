"""Pairs of methods: which scores better, by how much, and what may be said of it.

The training seed is the unit. Only runs with a result are ranked, diverged ones worst
(see :func:`reports.stats.run_scores.run_scores`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from reports.load.columns import Frame
from reports.stats.detectable import detectable
from reports.stats.equivalence import equivalence_p, margin
from reports.stats.mann_whitney import mann_whitney_p, probability_of_improvement
from reports.stats.power import LEVEL, SIGN_FLIP, Family
from reports.stats.sign_flips import differences, sign_flip_p, signed_ranks
from reports.stats.within_seeds import alike_p_of

CONTROL = "none"
BETTER, WORSE, EQUIVALENT, OPEN = "better", "worse", "equivalent", "cannot be told apart"
COLUMNS = (
    "cell", "metric", "claimed", "first", "second", "n_first", "n_second", "n_pairs",
    "probability_first_better", "difference_median", "difference_min", "difference_max", "p_flip",
    "p_mann_whitney", "p_holm", "margin", "p_equivalence", "detectable", "outcome",
)  # fmt: skip


def holm(p_values: Sequence[float], size: int | None = None) -> list[float]:
    """Return Holm's adjusted p-values, in the order given.

    Args:
        p_values: of the comparisons that could be made.
        size: of the whole family, with those that could not; by default that of the values.
    """
    order = np.argsort(p_values, kind="stable")
    factors = (size or len(order)) - np.arange(len(order))
    stepped = np.minimum(1.0, np.maximum.accumulate(np.asarray(p_values, float)[order] * factors))
    adjusted = np.empty(len(order))
    adjusted[order] = stepped
    return adjusted.tolist()


Margin = Callable[[np.ndarray, np.ndarray], float]
"""The costs of both sides to the largest difference of no interest, NaN where there is none."""


def pairwise(
    scores: Frame, family: Family, rng: np.random.Generator, margin_of: Margin = margin
) -> Frame:
    """Compare all pairs of methods within each cell and score; the control stands second.

    Claims are made of the family alone; every other pair is shown with effect sizes and p as
    they are.

    Args:
        scores: the rows of ``run_scores``.
        family: what is claimed of, and by which test.
        rng: of the simulated detectable differences.
        margin_of: within which methods are called alike.

    Returns:
        One row per pair: cell, metric; claimed: whether it is of the family; first, second,
        n_first, n_second, probability_first_better; n_pairs: seeds with a result of both;
        difference_median, _min and _max of first - second, over seeds both finished;
        p_flip, p_mann_whitney: two-sided and exact, not adjusted;
        p_holm: of the test that carries the claims, over the family, and no less than the p that
        all methods of the cell do alike where that test ignores the seeds; p_equivalence: over
        the family;
        margin: within which methods are called alike; detectable: the smallest difference that
        is found in most repetitions;
        outcome: BETTER or WORSE is the first, EQUIVALENT, OPEN; '' outside the family.
    """
    rows = []
    for (cell, metric), mine in scores.groupby(["cell", "metric"], observed=True, sort=False):
        named = {"cell": cell, "metric": metric, "claimed": family.holds(cell, metric)}
        rows += [{**named, **pair} for pair in _pairs(mine, family, rng, margin_of)]
    claimed = [row for row in rows if row["claimed"]]
    of_test = "p_flip" if family.test == SIGN_FLIP else "p_mann_whitney"
    found = holm([row[of_test] for row in claimed], family.tests)
    alike = holm([row["p_equivalence"] for row in claimed], family.tests)
    least = _least(scores, family, rng.spawn(1)[0])
    for row, p_holm, p_equivalence in zip(claimed, found, alike, strict=True):
        row |= {"p_holm": max(p_holm, least[str(row["cell"])]), "p_equivalence": p_equivalence}
        row["outcome"] = _outcome(row)
    return pd.DataFrame(rows, columns=[*COLUMNS]).astype({"claimed": bool})


def _least(scores: Frame, family: Family, rng: np.random.Generator) -> dict[str, float]:
    """Return for each cell the p below which none of its claims may lie.

    Flips within seeds need none. A test of independent groups needs that the methods of the cell
    differ at all by one that is exact within seeds, if they share any and are paired.
    """
    if family.test == SIGN_FLIP or family.n == 0 or not family.paired:
        return dict.fromkeys(family.cells, 0.0)
    mine = scores[(scores["metric"] == family.metric) & scores["cost"].notna()]
    found = {cell: alike_p_of(mine[mine["cell"] == cell], rng) for cell in family.cells}
    return {cell: min(1.0, p * family.scores) for cell, p in found.items()}


def _pairs(
    scores: Frame, family: Family, rng: np.random.Generator, margin_of: Margin
) -> Iterator[dict[str, Any]]:
    ranked = scores.dropna(subset="cost")
    groups = ranked.groupby("method", observed=True)
    methods = {str(name): mine.set_index("seed") for name, mine in groups}
    for first, second in combinations(methods, 2):
        pair = (second, first) if first == CONTROL else (first, second)
        a, b = (methods[name] for name in pair)
        yield {"first": pair[0], "second": pair[1], **_compared(a, b, family, rng, margin_of)}


def _compared(
    a: Frame, b: Frame, family: Family, rng: np.random.Generator, margin_of: Margin
) -> dict[str, Any]:
    """Return what is said of one pair, of runs by their seeds."""
    x, y = a["cost"].to_numpy(float), b["cost"].to_numpy(float)
    shared = a.index.intersection(b.index) if family.paired else a.index[:0]
    paired = differences(*(one.loc[shared, "cost"].to_numpy(float) for one in (a, b)))
    better, wide = probability_of_improvement(x, y), margin_of(x, y)
    lean = -signed_ranks(paired).sum() if family.test == SIGN_FLIP else better - 0.5
    return {
        "n_first": len(x),
        "n_second": len(y),
        "n_pairs": len(shared),
        "probability_first_better": better,
        "lean": lean,  # of the test that carries the claims; positive: the first is better
        **_spread((a.loc[shared, "final"] - b.loc[shared, "final"]).dropna()),
        "p_flip": sign_flip_p(paired) if family.paired else math.nan,
        "p_mann_whitney": mann_whitney_p(x, y),
        "margin": wide,
        "p_equivalence": equivalence_p(paired, wide),
        "detectable": detectable(x, y, paired, family, rng),
        "outcome": "",
    }


def _spread(finals: Frame) -> dict[str, float]:
    return {
        "difference_median": finals.median(),
        "difference_min": finals.min(),
        "difference_max": finals.max(),
    }


def _outcome(row: dict[str, Any]) -> str:
    if row["p_holm"] <= LEVEL:
        return BETTER if row["lean"] > 0 else WORSE
    return EQUIVALENT if row["p_equivalence"] <= LEVEL else OPEN
