"""The table to read, and the same as numbers: methods in rows, then what they stand between."""

from __future__ import annotations

from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.stats.real_and_untrained import REAL, reference_name
from reports.stats.summaries import STATES
from reports.tables.headers import short_header, whole_header
from reports.tables.table import Table, row_names
from reports.text import ABSENT, number, out_of
from runners.store.states import State


def failures(row: Any) -> str:
    """Return the counts of runs that did not finish, by kind, such as ``1 diverged``."""
    parts = [f"{row[state]} {state}" for state in STATES if state != State.FINISHED and row[state]]
    return ", ".join(parts) or "none"


def summary_table(results: Results, numbers: Numbers) -> Frame:
    """Return the table to read, all text: one row per cell and method, then the references."""
    rows = [
        {
            **row_names(row, results),
            "finished": f"{row['finished']} of {row['n_planned']}",
            "not finished": failures(row),
            **_score_cells(row, results, numbers.score_summary),
            "ms per step": number(1000 * row["seconds_per_step"]),
        }
        for row in numbers.summary.to_dict("records")
    ]
    rows += [_reference_row(mine, results) for mine in _by_reference(numbers.references)]
    return pd.DataFrame(rows).fillna(ABSENT)


def _by_reference(references: Frame) -> list[list[Any]]:
    groups = references.groupby(["cell", "kind", "protocol"], observed=True, sort=False)
    return [mine.to_dict("records") for _, mine in groups]


def _reference_row(references: list[Any], results: Results) -> dict[str, str]:
    """Return the row of a reference; it stands in the columns of final scores."""
    first = references[0]
    cells = {}
    for row in references:
        header = short_header({**row, "protocol": None}, results)
        said = out_of(row, "value", alone=row["kind"] == REAL)
        cells[f"{header} final median [min, max]"] = said
    return row_names({"cell": first["cell"], "method": reference_name(first)}, results) | cells


def _score_cells(row: Any, results: Results, score_summary: Frame) -> dict[str, str]:
    cells = {}
    for mine in _scores_of(row, score_summary):
        header = short_header(mine, results)
        cells[f"{header} final median [min, max]"] = out_of(mine, "final")
        cells[f"{header} best median [min, max]"] = out_of(mine, "best")
    return cells


def _scores_of(row: Any, score_summary: Frame) -> list[Any]:
    mine = (score_summary["cell"] == row["cell"]) & (score_summary["method"] == row["method"])
    return score_summary[mine].to_dict("records")


NUMERIC = {
    "final": ("n", "median", "q25", "q75", "min", "max"),
    "best": ("n", "median", "min", "max"),
}
REFERENCE = ("n", "median", "min", "max")


def summary_numbers(results: Results, numbers: Numbers) -> Frame:
    """Return the table to compute with: one row per cell and method, then the references.

    Headers hold the whole protocol, and each reference stands under its own: the columns of one
    number of data never hold a score of another.
    """
    rows = []
    for row in numbers.summary.to_dict("records"):
        cells = dict(row)
        for mine in _scores_of(row, numbers.score_summary):
            header = whole_header(mine, results)
            for name, parts in NUMERIC.items():
                cells |= {f"{header} {name} {part}": mine[f"{name}_{part}"] for part in parts}
            cells[f"{header} step of best median"] = mine["best_step_median"]
            cells[f"{header} final - best gap median"] = mine["gap_median"]
        rows.append(cells)
    rows += [_reference_numbers(mine, results) for mine in _by_reference(numbers.references)]
    return pd.DataFrame(rows)


def _reference_numbers(references: list[Any], results: Results) -> dict[str, Any]:
    cells = {"cell": references[0]["cell"], "method": reference_name(references[0])}
    for row in references:
        header = whole_header(row, results)
        cells |= {f"{header} reference {part}": row[f"value_{part}"] for part in REFERENCE}
    return cells


SUMMARY = Table("summary", summary_table, "No run is planned.")
