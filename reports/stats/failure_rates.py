"""The share of runs that failed in each way."""

from __future__ import annotations

import pandas as pd
from scipy.stats import binomtest

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.spreads import groups
from runners.failures import FAILURES


def wilson(k: int, n: int) -> tuple[float, float]:
    """Return Wilson's 95% interval of a rate of ``k`` in ``n``; all of [0, 1] where n is 0."""
    if n == 0:
        return 0.0, 1.0
    interval = binomtest(k, n).proportion_ci(confidence_level=0.95, method="wilson")
    return float(interval.low), float(interval.high)


def failure_rates(results: Results) -> Frame:
    """Return one row per cell, method and failure: k of the n runs it could be judged in.

    Returns:
        cell, method, n_planned, failure, k, n; low, high: Wilson's 95% interval of the share.
    """
    rows = []
    for cell, method, runs in groups(results):
        mine = results.outcomes[results.outcomes["run_id"].isin(runs["run_id"])]
        for failure in FAILURES:
            judged = mine[failure].dropna().astype(bool)
            k, n = int(judged.sum()), len(judged)
            low, high = wilson(k, n)
            row = {"cell": cell, "method": method, "n_planned": len(runs), "failure": failure}
            rows.append(row | {"k": k, "n": n, "low": low, "high": high})
    columns = ["cell", "method", "n_planned", "failure", "k", "n", "low", "high"]
    return pd.DataFrame(rows, columns=columns)
