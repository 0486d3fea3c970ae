"""Tables of scores: headers carry protocol and direction."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from reports.columns import Frame
from reports.frame import Results
from reports.labels import DESCRIPTIONS, FAILURES, SCORES, extractors
from reports.references import REAL, reference_name
from reports.stats import STATES, described
from reports.tables.text import ABSENT, keys, median_range, number, out_of, span
from runners.store.states import State

BY_COLUMN = {score.column: score for score in SCORES}


def failures(row: Any) -> str:
    """Return the counts of runs that did not finish, by kind, such as ``1 diverged``."""
    parts = [f"{row[state]} {state}" for state in STATES if state != State.FINISHED and row[state]]
    return ", ".join(parts) or "none"


def summary_table(
    results: Results, summary: Frame, score_summary: Frame, references: Frame
) -> Frame:
    """Return the table to read: a row a cell and method, then the references; all text."""
    rows = [
        {
            **keys(row, results),
            "finished": f"{row['finished']} of {row['n_planned']}",
            "not finished": failures(row),
            **_score_cells(row, results, score_summary),
            "ms per step": number(1000 * row["seconds_per_step"]),
        }
        for row in summary.to_dict("records")
    ]
    rows += [_reference_row(mine, results) for mine in _by_reference(references)]
    return pd.DataFrame(rows).fillna(ABSENT)


def _by_reference(references: Frame) -> list[list[Any]]:
    groups = references.groupby(["cell", "kind", "protocol"], observed=True, sort=False)
    return [mine.to_dict("records") for _, mine in groups]


def _reference_row(references: list[Any], results: Results) -> dict[str, str]:
    """Return the row of a reference; it stands in the columns of final scores."""
    first = references[0]
    cells = {}
    for row in references:
        header = _header({**row, "protocol": None}, results)
        said = out_of(row, "value", alone=row["kind"] == REAL)
        cells[f"{header} final median [min, max]"] = said
    return keys({"cell": first["cell"], "method": reference_name(first)}, results) | cells


def _score_cells(row: Any, results: Results, score_summary: Frame) -> dict[str, str]:
    cells = {}
    for mine in _scores_of(row, score_summary):
        extractor = results.extractors[_protocol(mine, results)]
        header = BY_COLUMN[mine["metric"]].header(extractor)
        cells[f"{header} final median [min, max]"] = out_of(mine, "final")
        cells[f"{header} best median [min, max]"] = out_of(mine, "best")
    return cells


def _protocol(row: Any, results: Results) -> str:
    """Return a row's protocol; that of its cell where no run of its method was scored."""
    if isinstance(row["protocol"], str):
        return row["protocol"]
    return results.protocol(row["cell"]) or results.scores["protocol"].iloc[0]


def _scores_of(row: Any, score_summary: Frame) -> list[Any]:
    if score_summary.empty:
        return []
    mine = (score_summary["cell"] == row["cell"]) & (score_summary["method"] == row["method"])
    return score_summary[mine].to_dict("records")


NUMERIC = {
    "final": ("n", "median", "q25", "q75", "min", "max"),
    "best": ("n", "median", "min", "max"),
}
REFERENCE = ("n", "median", "min", "max")


def summary_numbers(
    results: Results, summary: Frame, score_summary: Frame, references: Frame
) -> Frame:
    """Return the table to compute with: numbers, headers with the whole protocol.

    The references follow, each under its own protocol: the columns of one number of data never
    hold a score of another.
    """
    rows = []
    for row in summary.to_dict("records"):
        cells = dict(row)
        for mine in _scores_of(row, score_summary):
            header = BY_COLUMN[mine["metric"]].header(_protocol(mine, results))
            for name, parts in NUMERIC.items():
                cells |= {f"{header} {name} {part}": mine[f"{name}_{part}"] for part in parts}
            cells[f"{header} step of best median"] = mine["best_step_median"]
            cells[f"{header} final - best gap median"] = mine["gap_median"]
        rows.append(cells)
    rows += [_reference_numbers(mine) for mine in _by_reference(references)]
    return pd.DataFrame(rows)


def _reference_numbers(references: list[Any]) -> dict[str, Any]:
    cells = {"cell": references[0]["cell"], "method": reference_name(references[0])}
    for row in references:
        header = BY_COLUMN[row["metric"]].header(row["protocol"])
        cells |= {f"{header} reference {part}": row[f"value_{part}"] for part in REFERENCE}
    return cells


def run_table(results: Results, scores: Frame) -> Frame:
    """Return one row a planned run: scores, with the whole protocol in the header, and failures."""
    table, judged = results.runs.drop(columns="traceback"), results.outcomes.set_index("run_id")
    for (metric, protocol), mine in scores.groupby(["metric", "protocol"], sort=False):
        header = BY_COLUMN[str(metric)].header(str(protocol))
        columns = {name: f"{header} {name}" for name in ("initial", "final", "best", "best_step")}
        wide = mine.set_index("run_id")[list(columns)].rename(columns=columns)
        if metric == "fid":
            wide[f"{header} area"] = judged["fid_area"].reindex(wide.index)
        table = table.join(wide, on="run_id")
    return table.join(judged[[*FAILURES, "collapse_step"]], on="run_id")


def later_tables(results: Results) -> dict[str, Frame]:
    """Return, for each protocol of later scorings, a table of its own."""
    last = results.evals.drop_duplicates(["run_id", "protocol"], keep="last")
    blocks = last.groupby("protocol", sort=False)
    return {str(protocol): _later_table(mine, results) for protocol, mine in blocks}


def _later_table(evals: Frame, results: Results) -> Frame:
    (extractor,) = extractors(evals["protocol"]).values()
    scores = [score for score in (*SCORES, *DESCRIPTIONS.values()) if score.column in evals]
    shown = [score for score in scores if evals[score.column].notna().any()]
    rows = []
    for (cell, method), mine in evals.groupby(["cell", "method"], observed=True):
        said = {score: out_of(described(mine, score), "value") for score in shown}
        rows.append({
            **keys({"cell": cell, "method": method}, results),
            "runs": str(len(mine)),
            **{f"{s.header(extractor)} median [min, max]": text for s, text in said.items()},
        })  # fmt: skip
    return pd.DataFrame(rows)


def spread_table(results: Results, score_summary: Frame, iqms: Frame) -> Frame:
    """Return how far seeds lie apart and how far runs fell back from their best."""
    if score_summary.empty:
        return pd.DataFrame()
    joined = score_summary.merge(iqms, on=["cell", "method", "metric"], sort=False)
    rows = [
        {
            **keys(row, results),
            "score": _header(row, results),
            "n of planned": f"{row['final_n']} of {row['n_planned']}",
            "final median": number(row["final_median"]),
            "median, diverged ranked worst": number(row["ranked_median"]),
            "IQR over seeds": number(row["final_iqr"]) if row["final_n"] > 1 else ABSENT,
            "step of best, median": _step(row["best_step_median"]),
            "final worse than best by, median": number(row["gap_median"]),
            "IQM, 95% interval": _iqm_text(row),
        }
        for row in joined.to_dict("records")
    ]
    return pd.DataFrame(rows)


def _step(value: float) -> str:
    return ABSENT if math.isnan(value) else f"{value:.0f}"


def _header(row: Any, results: Results) -> str:
    return BY_COLUMN[row["metric"]].header(results.extractors[_protocol(row, results)])


def _iqm_text(row: Any) -> str:
    if math.isnan(row["iqm"]):
        return "needs 4 seeds"
    return f"{number(row['iqm'])} ({span(row['iqm_low'], row['iqm_high'])})"


def comparison_table(results: Results, pairs: Frame) -> Frame:
    """Return pairs of methods: paired differences, probability of improvement, p after Holm."""
    rows = [
        {
            **({"cell": row["cell"]} if len(results.cells) > 1 else {}),
            "method": row["first"],
            "against": row["second"],
            "score": _header({**row, "protocol": None}, results),
            "runs": f"{row['n_first']} and {row['n_second']}",
            "P(method better)": number(row["probability_first_better"]),
            "paired difference, median [min, max]": median_range(row, "difference"),
            "pairs": str(row["n_pairs"]),
            "p exact": number(row["p"]),
            "p after Holm": number(row["p_holm"]),
        }
        for row in pairs.to_dict("records")
    ]
    return pd.DataFrame(rows)
