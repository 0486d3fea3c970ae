"""The final score at every value of a parameter that is swept alone."""

from __future__ import annotations

from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.labels import as_text
from reports.load.protocols import yardsticks
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.stats.sweeps import METHOD
from reports.tables.headers import protocol_of
from reports.tables.table import Table
from reports.text import ABSENT, number, out_of


def sweep_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per value of each line."""
    if numbers.sweeps.empty:
        return pd.DataFrame()
    score = results.score_columns[0]
    found = numbers.sweeps.to_dict("records")
    names = yardsticks([protocol_of(row, results) for row in found], score.split)
    rows = [_row(row, score.header(names[protocol_of(row, results)])) for row in found]
    table = pd.DataFrame(rows).fillna(ABSENT)
    return table if set(table["held"]) != {""} else table.drop(columns="held")


def _row(row: Any, header: str) -> dict[str, str]:
    return {
        "method": row["line"],
        "held": row["panel"].removeprefix(row["line"]).strip(),
        "parameter": row["parameter"].removeprefix(METHOD),
        "value": as_text(row["value"]),
        f"{header} final median [min, max]": out_of(row, "final"),
        "median, diverged runs worst": number(row["ranked_median"]),
        "finished": f"{row['final_n']} of {row['n_planned']}",
    }


SWEEPS = Table(
    "sweep-values",
    sweep_table,
    "",
    folded="One parameter at a time: the numbers",
    explanation="Brackets hold the lowest and highest seed that finished.",
)
