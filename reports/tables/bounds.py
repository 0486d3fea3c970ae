"""Bounds on the discriminator's Lipschitz constant."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.tables.table import Table, row_names
from reports.text import median_range, number


def bounds_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per cell and method; `undefined` with its reason, no number."""
    rows = [
        {
            **row_names(row, results),
            "runs": str(row["n"]),
            "lower bound, median [min, max]": median_range(row, "lipschitz_lower"),
            "upper bound, median [min, max]": _upper(row),
            "lower / upper": _or_undefined(row, "tightness"),
        }
        for row in numbers.bounds.to_dict("records")
    ]
    return pd.DataFrame(rows)


def _upper(row: Any) -> str:
    why = f"undefined: {row['undefined']}" if row["undefined"] else ""
    if math.isnan(row["lipschitz_upper_median"]):
        return why or "undefined"
    known = median_range(row, "lipschitz_upper")
    return f"{known}; in other runs {why}" if why else known


def _or_undefined(row: Any, name: str) -> str:
    missing = math.isnan(row[f"{name}_median"])
    return "undefined" if missing else number(row[f"{name}_median"])


BOUNDS = Table("bounds", bounds_table, "No run has bounds to show.", beside="bounds")
