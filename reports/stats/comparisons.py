"""Pairs of methods: which scores better, by how much, and how surprising that is.

The training seed is the unit. Only runs with a result are ranked, diverged ones worst
(see :func:`reports.stats.run_scores.run_scores`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats as scipy_stats

from reports.load.columns import Frame

CONTROL = "none"


def probability_of_improvement(x: np.ndarray, y: np.ndarray) -> float:
    """Return P(X < Y) + P(X = Y) / 2 over all pairs, the Mann-Whitney U over n_x * n_y.

    Args:
        x: costs of one method, lower better, infinite for a diverged run.
        y: costs of the other.
    """
    less, equal = x[:, None] < y[None, :], x[:, None] == y[None, :]
    return float((less + 0.5 * equal).mean())


def mann_whitney_p(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> float:
    """Return the two-sided exact p; with ties, by permutation (exact for small samples)."""
    tied = len(np.unique(np.concatenate([x, y]))) < len(x) + len(y)
    if not tied or min(len(x), len(y)) < 2:  # a single run cannot be permuted, and p is 1 anyway
        return float(scipy_stats.mannwhitneyu(x, y, method="exact").pvalue)
    resampling = scipy_stats.PermutationMethod(n_resamples=9999, rng=rng)
    return float(scipy_stats.mannwhitneyu(x, y, method=resampling).pvalue)  # pyright: ignore


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values, in the order given."""
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(order), 0, -1)
    stepped = np.minimum(1.0, np.maximum.accumulate(np.asarray(p_values, float)[order] * factors))
    adjusted = np.empty(len(order))
    adjusted[order] = stepped
    return adjusted.tolist()


def pairwise(scores: Frame, rng: np.random.Generator) -> Frame:
    """Compare all pairs of methods within each cell and score; Holm over those pairs.

    Returns:
        One row per pair: cell, metric, first, second, n_first, n_second, probability_first_better,
        p, p_holm; n_pairs and difference_median, _min and _max of the paired differences
        first - second, over seeds both finished.
    """
    rows = []
    for (cell, metric), mine in scores.groupby(["cell", "metric"], observed=True, sort=False):
        pairs = list(_pairs(mine, rng))
        adjusted = holm([pair["p"] for pair in pairs])
        rows += [
            {"cell": cell, "metric": metric, **pair, "p_holm": p}
            for pair, p in zip(pairs, adjusted, strict=True)
        ]
    return pd.DataFrame(rows)


def _pairs(scores: Frame, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    methods = scores.dropna(subset="cost").groupby("method", observed=True)
    for (first, a), (second, b) in combinations(list(methods), 2):
        x, y = a["cost"].to_numpy(float), b["cost"].to_numpy(float)
        yield {
            "first": first,
            "second": second,
            "n_first": len(x),
            "n_second": len(y),
            "probability_first_better": probability_of_improvement(x, y),
            "p": mann_whitney_p(x, y, rng),
            **_paired(a, b),
        }


def _paired(a: Frame, b: Frame) -> dict[str, float]:
    joined = a.set_index("seed")["final"].to_frame("a").join(b.set_index("seed")["final"])
    difference = (joined["a"] - joined["final"]).dropna()
    return {
        "n_pairs": len(difference),
        "difference_median": difference.median(),
        "difference_min": difference.min(),
        "difference_max": difference.max(),
    }


def against_control(pairs: Frame, control: str = CONTROL) -> Frame:
    """Return the pairs that hold the control, turned so that the control is ``second``.

    Returns:
        The columns of :func:`pairwise`, differences method - control; empty without a control.
    """
    if pairs.empty:
        return pairs
    found = pairs[(pairs["first"] == control) | (pairs["second"] == control)]
    records = found.to_dict("records")
    rows = [_turned(row) if row["first"] == control else row for row in records]
    return pd.DataFrame(rows, columns=pairs.columns)


def _turned(row: dict[Any, Any]) -> dict[Any, Any]:
    return row | {
        "first": row["second"],
        "second": row["first"],
        "n_first": row["n_second"],
        "n_second": row["n_first"],
        "probability_first_better": 1 - row["probability_first_better"],
        "difference_median": -row["difference_median"],
        "difference_min": -row["difference_max"],
        "difference_max": -row["difference_min"],
    }
