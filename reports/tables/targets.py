"""Steps and seconds to the target, and what performance profiles come to."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.stats.targets import MEASURES
from reports.tables.table import Table
from reports.text import ABSENT, number


def target_table(_: Results, numbers: Numbers) -> Frame:
    """Return one row per cell and method."""
    times = numbers.times
    if not times.goals:
        return pd.DataFrame()
    scores = times.profile_scores.set_index(["measure", "method"])["score"].to_dict()
    rows = []
    for row in times.targets.to_dict("records"):
        cells = {"cell": row["cell"], "method": row["method"],
                 "reached": f"{row['reached']} of {row['n']}"}  # fmt: skip
        for measure in MEASURES:
            cells[f"{measure}, median [min, max]"] = _range(row, measure)
        for measure in MEASURES:
            known = scores.get((measure, row["method"]), math.nan)
            mine = times.compared in ("", row["cell"])
            cells[f"profile score, {measure}"] = number(known if mine else math.nan)
        rows.append(cells)
    return pd.DataFrame(rows)


def _range(row: Any, name: str) -> str:
    values = [row[f"{name}_{part}"] for part in ("median", "min", "max")]
    if any(math.isnan(value) for value in values):
        return ABSENT
    middle, low, high = ("never" if math.isinf(v) else number(v) for v in values)
    return middle if low == "never" else f"{middle} [{low}, {high}]"


TARGETS = Table(
    "targets",
    target_table,
    "No run is planned.",
    title="Steps and seconds to the target",
    explanation="When a run first scored as well as the target named above, among its scored "
    "steps. A run that failed never did; the median reads never where half of the runs or more did "
    "not.",
)
