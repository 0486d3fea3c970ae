"""What may be concluded from so many seeds: frame to frame, with an explicit random generator.

The training seed is the unit. Only runs with a result are ranked, diverged ones worst
(see :func:`reports.stats.run_scores`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats as scipy_stats

from reports.columns import Frame

LEVEL = 0.05
CONTROL = "none"
MIN_SEEDS_FOR_IQM = 4  # with fewer, trimming a quarter at each end trims nothing


def iqm(values: Sequence[float] | np.ndarray, axis: int = 0) -> Any:
    """Return the interquartile mean, the mean of the middle half (Agarwal et al. 2021)."""
    return scipy_stats.trim_mean(values, 0.25, axis=axis)


def iqm_interval(
    values: Sequence[float] | np.ndarray, rng: np.random.Generator, resamples: int = 2000
) -> tuple[float, float] | None:
    """Return the 95% percentile-bootstrap interval of the IQM, None below 4 seeds.

    Args:
        values: one finite score a seed.
        rng: the only source of randomness.
        resamples: bootstrap draws.
    """
    if len(values) < MIN_SEEDS_FOR_IQM:
        return None
    drawn = rng.choice(np.asarray(values, float), (resamples, len(values)))
    low, high = np.quantile(iqm(drawn, axis=1), [0.025, 0.975])
    return float(low), float(high)


def iqm_summary(scores: Frame, rng: np.random.Generator) -> Frame:
    """Return IQM and interval of the final scores, one row a cell, method and score."""
    keys = ["cell", "method", "metric"]
    rows = []
    for key, runs in scores.groupby(keys, observed=True, sort=False):  # pyright: ignore
        finals = runs["final"].dropna().to_numpy(float)
        interval = iqm_interval(finals, rng)
        value = float(iqm(finals)) if interval else math.nan
        low, high = interval or (math.nan, math.nan)
        named = dict(zip(keys, key, strict=True))
        rows.append({**named, "n": len(finals), "iqm": value, "iqm_low": low, "iqm_high": high})
    return pd.DataFrame(rows)


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
        One row a pair: first, second, n_first, n_second, probability that first is better, p,
        p_holm, and paired differences first - second over seeds both finished.
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
    """Return what each cell's seeds could show at best, one row a cell.

    Returns:
        methods, pairs, n and n_planned (of the method with the fewest runs with a result, and
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


def honesty(row: Any) -> str:
    """Say in words what one row of :func:`power` means."""
    where = f"{row.cell}: " if row.cell else ""
    if row.pairs == 0:
        return f"{where}one method only, so nothing is compared."
    if row.n == 0:
        return f"{where}some method has no result yet, so not all pairs can be compared."
    seeds = f"{row.n} seed{'s' if row.n != 1 else ''}"
    pairs = f"{row.pairs} pair{'s' if row.pairs != 1 else ''} of methods"
    fewest = "a method" if row.n == row.n_planned else "in the method with the fewest results"
    facts = (
        f"{where}n = {seeds} {fewest}, {pairs}. The smallest two-sided exact Mann-Whitney "
        f"p is {row.smallest_p:.2g}, after Holm over all pairs {row.smallest_holm:.2g}. "
    )
    if row.can_reject:
        best_case = "if every run of one method beats every run of another."
        return f"{facts}A difference can be significant at .05 {best_case}"
    return (
        f"{facts}No difference can be significant at .05 whatever the scores; that takes at least "
        f"{row.seeds_needed} seeds. Read the points, not a verdict."
    )
