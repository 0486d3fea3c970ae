"""Rank correlations of score and settings."""

from __future__ import annotations

import math

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.tables.table import Table
from reports.text import ABSENT


def sensitivity_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per searched setting, one column per method."""
    rows: dict[str, dict[str, str]] = {}
    for row in numbers.tuning.sensitivity.to_dict("records"):
        blank = {"setting": row["setting"], **dict.fromkeys(results.methods, ABSENT)}
        mine = rows.setdefault(row["setting"], blank)
        mine[row["method"]] = _rounded(row["spearman"])
        mine["chance alone"] = _rounded(row["noise"])
    return pd.DataFrame(list(rows.values()))


def _rounded(correlation: float) -> str:
    return ABSENT if math.isnan(correlation) else f"{correlation:.2f}"


SENSITIVITIES = Table(
    "tuning-sensitivities",
    sensitivity_table,
    "No trial has ended yet.",
    explanation="Spearman's rank correlation of a setting and how badly a trial scored, failed "
    "trials worst: positive where larger values score worse. It sees only what rises or falls "
    "throughout, and not an optimum in the middle. The last column is the size that unrelated "
    "numbers exceed once in 20 times.",
)
