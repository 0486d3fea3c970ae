"""What describes the samples at each run's last score."""

from __future__ import annotations

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.tables.headers import short_header
from reports.tables.table import Table, row_names
from reports.text import ABSENT, out_of


def description_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per cell and method, over seeds."""
    rows = []
    for _, mine in numbers.descriptions.groupby(["cell", "method"], sort=False):
        records = mine.to_dict("records")
        cells = {
            f"{short_header(row, results)}, median [min, max]": out_of(row, "value")
            for row in records
        }
        first = records[0]
        rows.append({**row_names(first, results), "runs": str(first["n_runs"]), **cells})
    return pd.DataFrame(rows).fillna(ABSENT)


DESCRIPTIONS = Table(
    "descriptions",
    description_table,
    "No trained generator was scored yet.",
    beside="descriptions",
)
