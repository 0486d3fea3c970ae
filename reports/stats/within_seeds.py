"""Whether methods do alike at all, by dealing the scores of each seed anew among them.

Where all methods do the same, the scores of a seed are as likely to belong to any of them,
whatever they share: exact also where scores go together over seeds or oppose each other, of which
a test of independent groups knows nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from reports.load.columns import Frame

DEALS = 9999


def alike_p(costs: np.ndarray, rng: np.random.Generator) -> float:
    """Return the p of the null that all methods do the same in every cell.

    The statistic is Friedman's, summed over cells; a seed is dealt alike in all of them.

    Args:
        costs: (cells, methods, seeds), lower better, infinite for a diverged run.
        rng: deals the scores; with those drawn the test is exact, not near it.

    Reference:
        Friedman 1937; Phipson & Smyth 2010 (arXiv 1603.05766).
    """
    ranks = rankdata(costs, axis=1)
    places = np.broadcast_to(np.arange(ranks.shape[1])[:, None], (DEALS, *ranks.shape[1:]))
    deals = rng.permuted(places, axis=1)
    dealt = sum(_spread(np.take_along_axis(cell[None], deals, axis=1)) for cell in ranks)
    as_far = dealt >= sum(_spread(cell) for cell in ranks)
    return float((1 + np.sum(as_far)) / (1 + DEALS))


def alike_p_of(scores: Frame, rng: np.random.Generator) -> float:
    """Return the same of rows with cell, method, seed and cost.

    Cells in which a method has no result are left out, and seeds that any method lacks in the
    others.

    Returns:
        1 where nothing is left.
    """
    methods = scores["method"].astype(str).unique()
    tables = [
        mine.assign(method=mine["method"].astype(str))
        .pivot_table("cost", "method", "seed", dropna=False)
        .reindex(methods)
        for _, mine in scores.groupby("cell", observed=True)
    ]
    whole = [table for table in tables if table.notna().any(axis=1).all()]
    common = pd.concat(whole).dropna(axis=1).to_numpy(float) if whole else np.empty((0, 0))
    if not common.size:
        return 1.0
    return alike_p(common.reshape(len(whole), len(methods), -1), rng)


def _spread(ranks: np.ndarray) -> np.ndarray:
    """Return how far the methods' sums of ranks lie apart; whole numbers, so equal if equal."""
    sums = np.rint(2 * ranks.sum(axis=-1))
    return ((sums * sums.shape[-1] - sums.sum(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
