"""What describes the samples of each run and ranks no method."""

from __future__ import annotations

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.last_rows import last_rows
from reports.stats.spreads import VALUE_COLUMNS, score_spread


def descriptions(results: Results) -> Frame:
    """Return what was recorded at each run's last score, over seeds.

    Returns:
        One row per cell, method and column that describes samples, in the columns' order: metric:
        its name; protocol; n_runs: that were described at all; value_*; total.
    """
    shown = results.description_columns
    last = _last(results, [score.column for score in shown])
    rows = [
        {"cell": cell, "method": method, "metric": score.column,
         "protocol": mine["protocol"].iloc[0], "n_runs": len(mine), **score_spread(mine, score)}
        for (cell, method), mine in last.groupby(["cell", "method"], observed=True)
        for score in shown
        if mine[score.column].notna().any()
    ]  # fmt: skip
    columns = ["cell", "method", "metric", "protocol", "n_runs", *VALUE_COLUMNS]
    return pd.DataFrame(rows, columns=columns)


def _last(results: Results, columns: list[str]) -> Frame:
    """Return the last score row of each run that describes its samples, after training began."""
    measured = results.scores.dropna(subset=columns, how="all") if columns else results.scores[:0]
    return last_rows(measured[measured["step"] > 0])
