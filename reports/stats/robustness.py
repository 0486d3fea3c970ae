"""How much of the search space works: the share of trials that score better than a threshold.

Reference: Figure 1 of Miyato et al. 2018 (arXiv 1802.05957) claims robustness to settings.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from reports.load.columns import Frame, Series
from reports.stats.failure_rates import wilson

SHARE_COLUMNS = ("method", "threshold", "k", "n", "share", "low", "high")


def shares(trials: Frame) -> Frame:
    """Return the share of each method's trials that are at least as good as each threshold.

    Args:
        trials: the rows of :func:`reports.stats.trial_costs.trial_costs`.

    Returns:
        method; threshold: a cost, each that some trial of any method has; k of n trials at or
        below it, failed ones never; share; low, high: Wilson's 95% interval.
    """
    thresholds = thresholds_of(trials["cost"])
    rows = []
    for method, mine in trials.groupby("method", observed=True):
        counts, n = counts_below(mine["cost"], thresholds), len(mine)
        bands = {k: wilson(k, n) for k in set(counts.tolist())}
        rows += [
            (method, threshold, k, n, k / n, *bands[k])
            for threshold, k in zip(thresholds.tolist(), counts.tolist(), strict=True)
        ]
    return pd.DataFrame(rows, columns=list(SHARE_COLUMNS))


def thresholds_of(costs: Series) -> np.ndarray:
    """Return every finite cost once, ascending: where shares change."""
    values = costs.to_numpy(float)
    return np.unique(values[np.isfinite(values)])


def counts_below(costs: Series, thresholds: np.ndarray) -> np.ndarray:
    """Return how many costs are at or below each threshold; infinite ones never are."""
    return np.searchsorted(np.sort(costs.to_numpy(float)), thresholds, side="right")
