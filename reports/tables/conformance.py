"""Whether methods did what they promise."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.conformance import BROKEN
from reports.stats.numbers import Numbers
from reports.tables.table import Table, row_names
from reports.text import median_range


def conformance_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per cell, method and check: what was promised, and what was measured."""
    rows = [
        {
            **row_names(row, results),
            "check": row["what"],
            "measured, median [min, max]": median_range(row, "value"),
            "target": _target(row),
            "verdict": _verdict(row),
            "diagnosed steps ok": _over_training(row),
        }
        for row in numbers.conformance.to_dict("records")
    ]
    return pd.DataFrame(rows)


def _target(row: Any) -> str:
    if math.isnan(row["target"]):
        return "none"
    exact = math.isnan(row["tolerance"])
    return f"{row['target']:g}" + ("" if exact else f" ± {row['tolerance']:.3g}")


def _verdict(row: Any) -> str:
    if row["verdict"] == BROKEN:
        return f"{BROKEN} in {row['n_broken']} of {row['n']} runs"
    return f"{row['verdict']}, {row['n']} run{'s' if row['n'] != 1 else ''}"


def _over_training(row: Any) -> str:
    return f"{row['n_rows'] - row['n_rows_broken']} of {row['n_rows']}"


CONFORMANCE = Table("checks", conformance_table, "No method of these runs recorded a check.")
