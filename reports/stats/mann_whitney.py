"""The exact test of two independent groups of runs, by the order of their scores.

It ignores that methods share seeds. With scores that go together over seeds it finds less than it
could, and claims falsely less often than its level; where they go against each other, more often:
see :mod:`reports.stats.within_seeds`.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.stats import rankdata


def probability_of_improvement(x: np.ndarray, y: np.ndarray) -> float:
    """Return P(X < Y) + P(X = Y) / 2 over all pairs, the Mann-Whitney U over n_x * n_y.

    Args:
        x: costs of one method, lower better, infinite for a diverged run.
        y: costs of the other.
    """
    less, equal = x[:, None] < y[None, :], x[:, None] == y[None, :]
    return float((less + 0.5 * equal).mean())


def mann_whitney_p(x: np.ndarray, y: np.ndarray) -> float:
    """Return the two-sided exact p over all ways to deal the runs to two groups, ties included."""
    ranks = np.rint(2 * rankdata(np.concatenate([x, y]))).astype(int)  # twice: whole with ties
    likely = rank_sums(tuple(sorted(ranks.tolist())), len(x))
    middle = len(x) * (len(ranks) + 1)
    far = abs(ranks[: len(x)].sum() - middle)
    return float(min(1.0, likely[np.abs(np.arange(len(likely)) - middle) >= far].sum()))


@lru_cache(maxsize=256)
def rank_sums(ranks: tuple[int, ...], n: int) -> np.ndarray:
    """Return how likely each sum of ``n`` of these ranks is, from 0, over all choices of them."""
    ways = np.zeros((n + 1, sum(ranks) + 1))
    ways[0, 0] = 1
    for rank in ranks:
        ways[1:, rank:] += ways[:-1, :-rank].copy()
    return ways[n] / ways[n].sum()
