"""The exact test of two independent groups of runs, by the order of their scores.

It ignores that methods share seeds. With scores that go together over seeds it finds less than it
could, and claims falsely less often than its level; where they go against each other, more often:
see :mod:`reports.stats.within_seeds`.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy.stats import mannwhitneyu, norm, rankdata

EXACT = 200
"""Runs of both groups up to which every way to deal them is counted."""


def probability_of_improvement(x: np.ndarray, y: np.ndarray) -> float:
    """Return P(X < Y) + P(X = Y) / 2 over all pairs, the Mann-Whitney U over n_x * n_y.

    Args:
        x: costs of one method, lower better, infinite for a diverged run.
        y: costs of the other.
    """
    less, equal = x[:, None] < y[None, :], x[:, None] == y[None, :]
    return float((less + 0.5 * equal).mean())


def mann_whitney_p(x: np.ndarray, y: np.ndarray) -> float:
    """Return the two-sided p over all ways to deal the runs to two groups, ties included.

    It is exact up to :data:`EXACT` runs, and by the normal limit beyond.
    """
    if len(x) + len(y) > EXACT:
        return float(mannwhitneyu(x, y, method="asymptotic").pvalue)
    ranks = np.rint(2 * rankdata(np.concatenate([x, y]))).astype(int)  # twice: whole with ties
    likely = rank_sums(tuple(sorted(ranks.tolist())), len(x))
    middle = len(x) * (len(ranks) + 1)
    far = abs(ranks[: len(x)].sum() - middle)
    return float(min(1.0, likely[np.abs(np.arange(len(likely)) - middle) >= far].sum()))


def improvements(n: int, m: int) -> np.ndarray:
    """Return how likely each number of pairs x > y is, from 0 to n * m, where nothing differs.

    It is exact up to :data:`EXACT` runs, and by the normal limit beyond.

    Args:
        n, m: sizes of both groups.
    """
    least = n * (n + 1) // 2
    if n + m <= EXACT:
        return rank_sums(tuple(range(1, n + m + 1)), n)[least : least + n * m + 1]
    edges = np.arange(n * m + 2) - 0.5
    cumulated = norm.cdf(edges, n * m / 2, math.sqrt(n * m * (n + m + 1) / 12))
    return np.diff(cumulated) / (cumulated[-1] - cumulated[0])


@lru_cache(maxsize=256)
def rank_sums(ranks: tuple[int, ...], n: int) -> np.ndarray:
    """Return how likely each sum of ``n`` of these ranks is, from 0, over all choices of them."""
    unit = 2 if all(rank % 2 == 0 for rank in ranks) else 1
    ways = np.zeros((n + 1, sum(ranks) // unit + 1))
    ways[0, 0] = 1
    for taken, rank in enumerate(np.array(ranks) // unit):
        for chosen in range(min(n, taken + 1), 0, -1):  # in place: the row before is still old
            ways[chosen, rank:] += ways[chosen - 1, :-rank]
    likely = np.zeros(sum(ranks) + 1)
    likely[::unit] = ways[n] / ways[n].sum()
    return likely
