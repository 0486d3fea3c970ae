"""Finished runs scored once more, under other protocols."""

from __future__ import annotations

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.spreads import VALUE_COLUMNS, score_spread


def later_scores(results: Results) -> Frame:
    """Return later scorings over seeds, the last of each run and protocol.

    Returns:
        One row per protocol, cell, method and column with a direction that any run of this
        protocol recorded: metric: its name; n_runs: that were so scored; value_*; total.
    """
    last = results.evals.drop_duplicates(["run_id", "protocol"], keep="last")
    rows = [
        {"protocol": str(protocol), "cell": cell, "method": method, "metric": score.column,
         "n_runs": len(mine), **score_spread(mine, score)}
        for protocol, scored in last.groupby("protocol", sort=False)
        for (cell, method), mine in scored.groupby(["cell", "method"], observed=True)
        for score in results.later_columns.by_name.values()
        if score.column in scored and scored[score.column].notna().any()
    ]  # fmt: skip
    columns = ["protocol", "cell", "method", "metric", "n_runs", *VALUE_COLUMNS]
    return pd.DataFrame(rows, columns=columns)
