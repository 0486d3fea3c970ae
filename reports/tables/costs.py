"""What training cost per method, and what it scored for equal steps and for equal seconds."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.load.score_columns import Score
from reports.stats.costs import MEASURES
from reports.stats.numbers import Numbers
from reports.tables.headers import short_header
from reports.tables.table import Table, row_names
from reports.text import ABSENT, median_range, number

NOT_RECORDED = "not recorded"
TITLES = {
    "ms_per_step": "ms per step",
    "gflop_per_step": "GFLOP per step",
    "peak_mib": "peak memory, MiB",
    "seconds": "seconds of a whole run",
}


def cost_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per cell and method."""
    rows = numbers.costs.methods.to_dict("records")
    known = {(row["cell"], row["method"]): row for row in rows}
    return pd.DataFrame([
        {
            **row_names(row, results),
            "timed runs": _timed(row),
            **{f"{TITLES[name]}, median [min, max]": _measured(row, name) for name in MEASURES},
            "time of a step, relative": _relative(row, known),
        }
        for row in rows
    ])  # fmt: skip


def _timed(row: Any) -> str:
    early = row["ms_per_step_n"] and not row["n_finished"]
    return f"{row['ms_per_step_n']} of {row['n_planned']}{', none finished' if early else ''}"


def _measured(row: Any, name: str) -> str:
    if row[f"{name}_n"] == 0:
        return NOT_RECORDED
    if row[f"{name}_min"] == row[f"{name}_max"]:
        return number(row[f"{name}_median"])
    return median_range(row, name)


def _relative(row: Any, known: dict[tuple[str, str], Any]) -> str:
    base = known.get((row["cell"], row["relative_to"]))
    mine = row["ms_per_step_median"]
    if base is None or math.isnan(mine):
        return ABSENT
    return f"{number(mine / base['ms_per_step_median'])} x {row['relative_to']}"


def equal_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per cell and method, with its place among the medians of the cell."""
    frame = numbers.costs.equal
    if frame.empty:
        return pd.DataFrame()
    score = results.score_columns[0]
    return pd.DataFrame([
        {
            **row_names(row, results),
            "runs": f"{row['at_steps_n']} of {row['n_planned']}",
            "steps": f"{row['steps']}",
            f"{_header(row, results)} for equal steps, median [min, max]": _score(
                row, "at_steps", score
            ),
            "place for equal steps": _place(row, "at_steps"),
            "seconds": number(row["seconds"]),
            "steps in these": ABSENT if math.isnan(row["done"]) else f"{row['done']:.0f}",
            f"{_header(row, results)} for equal seconds, median [min, max]": _score(
                row, "at_seconds", score
            ),
            "place for equal seconds": _place(row, "at_seconds"),
        }
        for row in frame.to_dict("records")
    ]).fillna(ABSENT)  # fmt: skip


def _place(row: Any, way: str) -> str:
    place = row[f"{way}_place"]
    return ABSENT if math.isnan(place) else f"{place:.0f}"


def _header(row: Any, results: Results) -> str:
    column = results.score_columns[0].column
    return short_header({**row, "metric": column, "protocol": None}, results)


def _score(row: Any, way: str, score: Score) -> str:
    """Return a spread of costs as scores, the best of which may be the largest."""
    low, high = ("min", "max") if score.sign > 0 else ("max", "min")
    parts = {"median": "median", "min": low, "max": high}
    return median_range({f"s_{k}": score.sign * row[f"{way}_{v}"] for k, v in parts.items()}, "s")


COSTS = Table(
    "costs",
    cost_table,
    "No run is planned.",
    explanation="Seconds are of training alone, without scoring and diagnosis, of finished "
    "runs; those of a step are of runs that ended early where none finished. FLOP are counted, "
    "not measured: matrix products and convolutions of one generator step with all its updates of "
    "D, a multiplication and an addition as two, at the end of training, the same on every "
    "machine. Peak memory is of the worker process from the run's start to its end: libraries, "
    "data and scoring are part of it, and what earlier runs of the process left behind may be; on "
    "a GPU it is what its tensors took there.",
)
EQUAL = Table(
    "equal-cost",
    equal_table,
    "No cell has two methods and a result yet.",
    title="For equal steps, and for equal seconds",
    explanation="Equal steps are the fewest that any method of the cell{hidden} has planned; equal "
    "seconds are those in which the fastest method{hidden} does all of its steps, at the median "
    "pace of each method's finished runs. Between two scored steps a score is on the line between "
    "them. Runs are those with a result, of the planned ones; a diverged run is worst in both. "
    "Places are of medians among all methods of the cell{hidden}, without a test.",
)
