"""How far seeds lie apart, and how far runs fell back from their best."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.middles import MIN_SEEDS
from reports.stats.numbers import Numbers
from reports.tables.headers import short_header
from reports.tables.table import Table, row_names
from reports.text import ABSENT, number, span


def spread_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per cell, method and score."""
    if numbers.score_summary.empty:
        return pd.DataFrame()
    keys = ["cell", "method", "metric"]
    joined = numbers.score_summary.merge(numbers.middles, on=keys, sort=False)
    rows = [
        {
            **row_names(row, results),
            "score": short_header(row, results),
            "n of planned": f"{row['final_n']} of {row['n_planned']}",
            "final median": number(row["ranked_median"]),
            "its 95% interval": _interval(row),
            "IQM": number(row["iqm"]) if row["n_ranked"] >= MIN_SEEDS else "needs 4 seeds",
            "IQR of finished runs": number(row["final_iqr"]) if row["final_n"] > 1 else ABSENT,
            "step of best, median": _step(row["best_step_median"]),
            "final worse than best by, median": number(row["gap_median"]),
        }
        for row in joined.to_dict("records")
    ]
    return pd.DataFrame(rows)


def _step(value: float) -> str:
    return ABSENT if math.isnan(value) else f"{value:.0f}"


def _interval(row: Any) -> str:
    low, high = row["median_low"], row["median_high"]
    return "needs 6 seeds" if math.isnan(low) else span(low, high)


SEED_SPREAD = Table(
    "spread",
    spread_table,
    "No run has been scored yet.",
    title="Seed spread",
    explanation="In the median, its interval and the interquartile mean (IQM) a diverged run ranks "
    "worst; where one is in the middle, they have failed. The interval is the exact one between "
    "two of the runs, for scores of any distribution: simulated, it covers .97 at 6 seeds and .98 "
    "at 10, for normal, lognormal and t3 scores.",
)
