"""The best of k trials that one may expect: what a smaller search would have found.

Reference: Dodge et al. 2019 (arXiv 1909.03004), with the unbiased estimator of Tang et al. 2020
(arXiv 2004.13705): the mean over all subsets of k of the trials, none drawn twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd

from reports.load.columns import Frame

Values: TypeAlias = Sequence[float] | np.ndarray


def expected_chosen(costs: Values, values: Values, k: int) -> float:
    """Return the mean value of the trial of lowest cost, over all subsets of k trials.

    The i-th lowest of n is the lowest in C(n - i, k - 1) of the C(n, k) subsets.

    Args:
        costs: n of them, what the choice is made by; of equal ones the earlier is chosen.
        values: what is expected of the chosen one; the costs themselves for their minimum.
        k: trials of the search, 1 to n.
    """
    n = len(costs)
    ordered = np.asarray(values, float)[np.argsort(costs, kind="stable")]
    beaten = np.arange(1, n)  # C(n - i - 1, k - 1) / C(n - i, k - 1), as counts overflow
    weights = k / n * np.cumprod([1.0, *((n - beaten - k + 1) / (n - beaten))])
    drawn = np.arange(n) <= n - k
    return float(weights[drawn] @ ordered[drawn])


def expected_best(trials: Frame) -> Frame:
    """Return for each method and k the scores that a search of k trials would end with.

    Args:
        trials: the rows of :func:`reports.stats.trial_costs.trial_costs`.

    Returns:
        method, k, failed: how many of all trials failed; cost: the expected lowest;
        test_cost: what is expected against test of the trial chosen; both infinite for k up to
        the number of failed trials, as such a search may find nothing else.
    """
    rows = []
    for method, mine in trials.groupby("method", observed=True):
        costs, tests = mine["cost"].to_numpy(float), mine["test_cost"].to_numpy(float)
        failed = int(np.isinf(costs).sum())
        for k in range(1, len(costs) + 1):
            rows.append({
                "method": method, "k": k, "failed": failed,
                "cost": expected_chosen(costs, costs, k),
                "test_cost": expected_chosen(costs, tests, k),
            })  # fmt: skip
    return pd.DataFrame(rows, columns=["method", "k", "failed", "cost", "test_cost"])
