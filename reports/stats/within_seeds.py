"""Whether methods do alike at all, by dealing the scores of each seed anew among them.

Where all methods do the same, the scores of a seed are as likely to belong to any of them,
whatever they share: exact also where scores go together over seeds or oppose each other, of which
a test of independent groups knows nothing.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from reports.load.columns import Frame

DEALS = 9999


def alike_p(costs: np.ndarray, rng: np.random.Generator) -> float:
    """Return the p of the null that all methods do the same, by Friedman's statistic.

    Args:
        costs: (methods, seeds), lower better, infinite for a diverged run.
        rng: deals the scores; with those drawn the test is exact, not near it.

    Reference:
        Friedman 1937; Phipson & Smyth 2010 (arXiv 1603.05766).
    """
    ranks = rankdata(costs, axis=0)
    dealt = rng.permuted(np.broadcast_to(ranks, (DEALS, *ranks.shape)), axis=1)
    as_far = _spread(dealt) >= _spread(ranks)
    return float((1 + as_far.sum()) / (1 + DEALS))


def alike_p_of(scores: Frame, rng: np.random.Generator) -> float:
    """Return the same of rows with method, seed and cost, by the seeds that all methods have.

    Returns:
        1 where there is no such seed.
    """
    named = scores.assign(method=scores["method"].astype(str))
    table = named.pivot_table("cost", "method", "seed", dropna=False)
    common = table.dropna(axis=1).to_numpy(float)
    return alike_p(common, rng) if common.size else 1.0


def _spread(ranks: np.ndarray) -> np.ndarray:
    """Return how far the methods' sums of ranks lie apart; whole numbers, so equal if equal."""
    sums = np.rint(2 * ranks.sum(axis=-1))
    return ((sums * sums.shape[-1] - sums.sum(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
