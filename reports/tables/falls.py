"""Degradation at other thresholds than the one that runs are judged by."""

from __future__ import annotations

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.falls import THRESHOLDS
from reports.stats.numbers import Numbers
from reports.tables.table import Table, row_names
from reports.text import median_range
from runners.failures.samples import WORSE_RATIO


def falls_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per cell and method with finished runs; empty where none can be judged."""
    rows = [
        {
            **row_names(row, results),
            "final / best, median [min, max]": median_range(row, "fall"),
            **{
                f"above {limit:g}": f"{row[f'beyond_{limit:g}']} of {row['fall_n']}"
                for limit in THRESHOLDS
            },
        }
        for row in numbers.falls.to_dict("records")
        if row["fall_n"]
    ]
    return pd.DataFrame(rows)


FALLS = Table(
    "falls",
    falls_table,
    "No run has finished yet.",
    title="Degraded at other thresholds",
    explanation="Runs by how many times their best {judged} the final one is; 1 where it got worse "
    "by no more than what held-out real data score, which sampling alone can make. Runs above "
    f"{WORSE_RATIO:g} are called degraded: where the counts change from column to column, so "
    "would the verdict.",
)
