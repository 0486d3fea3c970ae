"""The exponential average of G beside G itself."""

from __future__ import annotations

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.tables.headers import short_header
from reports.tables.table import Table, row_names
from reports.text import ABSENT, median_range


def averaged_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per cell and method, over its runs."""
    rows = []
    for _, mine in numbers.averaged.groupby(["cell", "method"], sort=False):
        records = mine.to_dict("records")
        cells = {
            f"{short_header(row, results)}: {which}, median [min, max]": median_range(row, name)
            for row in records
            for which, name in (("G", "raw"), ("averaged G", "averaged"))
        }
        runs = str(records[0]["averaged_n"])
        rows.append({**row_names(records[0], results), "runs": runs, **cells})
    return pd.DataFrame(rows).fillna(ABSENT)


AVERAGED = Table(
    "averaged",
    averaged_table,
    "",
    title="Averaged generator",
    explanation="Final scores of the trained generator and of the exponential average of its "
    "weights, of finished runs that kept one. Training is the same with and without it; all other "
    "scores here are of the generator itself.",
)
