"""How far seeds lie apart, and how far runs fell back from their best."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.tables.headers import short_header
from reports.tables.table import Table, row_names
from reports.text import ABSENT, number, span


def spread_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per cell, method and score."""
    if numbers.score_summary.empty:
        return pd.DataFrame()
    keys = ["cell", "method", "metric"]
    joined = numbers.score_summary.merge(numbers.iqms, on=keys, sort=False)
    rows = [
        {
            **row_names(row, results),
            "score": short_header(row, results),
            "n of planned": f"{row['final_n']} of {row['n_planned']}",
            "final median": number(row["final_median"]),
            "median, diverged ranked worst": number(row["ranked_median"]),
            "IQR over seeds": number(row["final_iqr"]) if row["final_n"] > 1 else ABSENT,
            "step of best, median": _step(row["best_step_median"]),
            "final worse than best by, median": number(row["gap_median"]),
            "IQM, 95% interval": _iqm(row),
        }
        for row in joined.to_dict("records")
    ]
    return pd.DataFrame(rows)


def _step(value: float) -> str:
    return ABSENT if math.isnan(value) else f"{value:.0f}"


def _iqm(row: Any) -> str:
    if math.isnan(row["iqm"]):
        return "needs 4 seeds"
    return f"{number(row['iqm'])} ({span(row['iqm_low'], row['iqm_high'])})"


SEED_SPREAD = Table("spread", spread_table, "No run has been scored yet.", title="Seed spread")
