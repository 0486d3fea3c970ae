"""The table to read, and the same as numbers: methods in rows, then what they stand between.

The scores that carry claims come first; beside them those against train, to compare with other
work, and the gap between both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.load.score_columns import GAP, TRAIN
from reports.stats.numbers import Numbers
from reports.stats.real_and_untrained import UNTRAINED, reference_name
from reports.stats.summaries import STATES
from reports.tables.headers import short_header, whole_header
from reports.tables.table import Table, row_names
from reports.text import ABSENT, number, out_of
from runners.store.states import State

MEDIAN = "median [min, max]"
BESIDE = (TRAIN, GAP)
"""The splits that stand beside the claims; all are in a table of their own."""


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
            **_score_cells(row, results, numbers.every_summary),
            "ms per step": number(1000 * row["seconds_per_step"]),
        }
        for row in numbers.summary.to_dict("records")
    ]
    rows += [_reference_row(mine, results) for mine in _by_reference(numbers.references)]
    return pd.DataFrame(rows).fillna(ABSENT)


def _shown(results: Results) -> dict[str, Sequence[str]]:
    """Return what is shown of each score, by its column."""
    beside = [score for score in results.other_splits if score.split in BESIDE]
    claims = [(score, ["final", "best"]) for score in results.score_columns]
    return {score.column: parts for score, parts in [*claims, *((s, ["final"]) for s in beside)]}


def _score_cells(row: Any, results: Results, every_summary: Frame) -> dict[str, str]:
    shown = _shown(results)
    return {
        _header(mine, results, part): out_of(mine, part)
        for mine in _scores_of(row, every_summary)
        for part in shown.get(mine["metric"], ())
    }


def _header(row: Any, results: Results, part: str) -> str:
    return f"{short_header(row, results)} {part} {MEDIAN}"


def _scores_of(row: Any, every_summary: Frame) -> list[Any]:
    mine = (every_summary["cell"] == row["cell"]) & (every_summary["method"] == row["method"])
    return every_summary[mine].to_dict("records")


def _by_reference(references: Frame) -> list[list[Any]]:
    groups = references.groupby(["cell", "kind"], observed=True, sort=False)
    return [mine.to_dict("records") for _, mine in groups]


def _reference_row(references: list[Any], results: Results) -> dict[str, str]:
    """Return the row of a reference; it stands in the columns of final scores."""
    first, shown = references[0], _shown(results)
    named = row_names({"cell": first["cell"], "method": reference_name(first)}, results)
    return named | {
        _header(row, results, "final"): out_of(row, "value", alone=row["kind"] != UNTRAINED)
        for row in references
        if row["metric"] in shown
    }


Place = tuple[str, str, str]
"""Cell, metric and method."""


def paper_summary(results: Results, numbers: Numbers) -> tuple[Frame, dict[Place, tuple[int, int]]]:
    """Return the part of the table that a paper has room for.

    Returns:
        A table of text: names, how many runs finished and what others did, and the scores that
        carry claims, final and best; and the row and column of every final one.
    """
    table, scored = summary_table(results, numbers), _claimed(results, numbers)
    names = [c for c in ("cell", "method", "finished", "not finished") if c in table]
    headers = [_header(row, results, part) for row in scored for part in ("final", "best")]
    kept = [header for header in dict.fromkeys(headers) if header in table]
    columns = {header: len(names) + column for column, header in enumerate(kept)}
    rows = {
        (row["cell"], row["method"]): place
        for place, row in enumerate(numbers.summary.to_dict("records"))
    }
    places = {
        (str(row["cell"]), row["metric"], str(row["method"])): (place, columns[header])
        for row in scored
        if (place := rows.get((row["cell"], row["method"]))) is not None
        and (header := _header(row, results, "final")) in columns
    }
    short = {header: header.removesuffix(f" {MEDIAN}") for header in kept}
    return table[[*names, *kept]].rename(columns=short), places


def _claimed(results: Results, numbers: Numbers) -> list[Any]:
    """Return the summaries of scores that carry claims: each of one protocol."""
    claims = [score.column for score in results.score_columns]
    rows = numbers.score_summary.to_dict("records")
    return [row for row in rows if row["metric"] in claims]


NUMERIC = {
    "final": ("n", "median", "q25", "q75", "min", "max"),
    "best": ("n", "median", "min", "max"),
}
REFERENCE = ("n", "median", "min", "max")


def summary_numbers(results: Results, numbers: Numbers) -> Frame:
    """Return the table to compute with: one row per cell and method, then the references.

    Headers hold the whole protocol and the split: no column ever holds a score of another.
    """
    rows = []
    for row in numbers.summary.to_dict("records"):
        cells = dict(row)
        for mine in _scores_of(row, numbers.every_summary):
            cells |= _numbers(mine, results)
        rows.append(cells)
    rows += [_reference_numbers(mine, results) for mine in _by_reference(numbers.references)]
    return pd.DataFrame(rows)


def _numbers(row: Any, results: Results) -> dict[str, Any]:
    """Return the final score of every split; of those that carry claims also the best."""
    header = whole_header(row, results)
    claims = row["metric"] in [score.column for score in results.score_columns]
    names = ("final", "best") if claims else ("final",)
    cells = {f"{header} {n} {part}": row[f"{n}_{part}"] for n in names for part in NUMERIC[n]}
    if claims:
        cells[f"{header} step of best median"] = row["best_step_median"]
        cells[f"{header} final - best gap median"] = row["gap_median"]
    return cells


def _reference_numbers(references: list[Any], results: Results) -> dict[str, Any]:
    cells = {"cell": references[0]["cell"], "method": reference_name(references[0])}
    for row in references:
        header = whole_header(row, results)
        cells |= {f"{header} reference {part}": row[f"value_{part}"] for part in REFERENCE}
    return cells


SUMMARY = Table("summary", summary_table, "No run is planned.")
