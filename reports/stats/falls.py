"""How many runs would be called degraded if the threshold were another."""

from __future__ import annotations

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.spreads import groups, spread
from runners.failures.samples import WORSE_RATIO

THRESHOLDS = (1.5, WORSE_RATIO, 3.0)


def falls(results: Results) -> Frame:
    """Return one row per cell and method: the falls of its runs, and those beyond thresholds.

    Returns:
        cell, method; fall_*: spread of final over best, 1 where a run got no worse than by
        sampling; beyond_<threshold>: of the fall_n runs, how many fell further than that.
    """
    rows = []
    for cell, method, runs in groups(results):
        mine = results.outcomes[results.outcomes["run_id"].isin(runs["run_id"])]
        beyond = {f"beyond_{limit:g}": int((mine["fall"] > limit).sum()) for limit in THRESHOLDS}
        rows.append({"cell": cell, "method": method, **spread(mine["fall"], "fall"), **beyond})
    return pd.DataFrame(rows)
