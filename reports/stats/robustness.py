"""How much of the search space works: the share of trials that score better than a threshold.

Reference: Figure 1 of Miyato et al. 2018 (arXiv 1802.05957) claims robustness to settings.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from reports.load.columns import Frame
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
    finite = trials["cost"][np.isfinite(trials["cost"].astype(float))]
    thresholds = np.unique(finite.to_numpy(float))
    rows = []
    for method, mine in trials.groupby("method", observed=True):
        costs = np.sort(mine["cost"].to_numpy(float))
        counts = np.searchsorted(costs, thresholds, side="right")
        bands = {k: wilson(k, len(costs)) for k in set(counts.tolist())}
        rows += [
            (method, threshold, k, len(costs), k / len(costs), *bands[k])
            for threshold, k in zip(thresholds.tolist(), counts.tolist(), strict=True)
        ]
    return pd.DataFrame(rows, columns=list(SHARE_COLUMNS))
