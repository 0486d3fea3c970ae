"""What describes the samples at each run's last score."""

from __future__ import annotations

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.stats.spreads import score_spread
from reports.tables.table import Table, row_names
from reports.text import ABSENT, out_of


def description_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per cell and method, over seeds."""
    rows = []
    groups = numbers.last_descriptions.groupby(["cell", "method"], observed=True)
    for (cell, method), mine in groups:
        extractor = results.extractors[mine["protocol"].iloc[0]]
        cells = {
            f"{score.header(extractor)}, median [min, max]": out_of(
                score_spread(mine, score), "value"
            )
            for score in results.description_columns
            if mine[score.column].notna().any()
        }
        named = row_names({"cell": cell, "method": method}, results)
        rows.append({**named, "runs": str(len(mine)), **cells})
    return pd.DataFrame(rows).fillna(ABSENT)


DESCRIPTIONS = Table(
    "descriptions",
    description_table,
    "No trained generator was scored yet.",
    beside="descriptions",
)
