"""Tables of how runs went, and of what differs between them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from reports.columns import Frame
from reports.frame import Results
from reports.labels import DESCRIPTIONS, FAILURES
from reports.stats import described
from reports.tables.text import ABSENT, keys, listed, number, out_of


def failure_table(results: Results, rates: Frame) -> Frame:
    """Return the share of runs that failed in each way, with Wilson's 95% interval."""
    rows = []
    for _, mine in rates.groupby(["cell", "method"], observed=True, sort=False):
        records = mine.to_dict("records")
        counts = {FAILURES[row["failure"]].title: _rate(row) for row in records}
        first = records[0]
        rows.append({**keys(first, results), "planned": str(first["n_planned"]), **counts})
    return pd.DataFrame(rows)


def _rate(row: Any) -> str:
    if row["n"] == 0:
        return "not judged"
    return f"{row['k']} of {row['n']} [{row['low']:.2f}, {row['high']:.2f}]"


def course_table(results: Results, courses: Frame, summary: Frame, scores: Frame) -> Frame:
    """Return degradation, collapse and gradient health of each method, medians over seeds."""
    fids = scores[scores["metric"] == "fid"] if len(scores) else scores
    rows = []
    for course, health in zip(courses.to_dict("records"), summary.to_dict("records"), strict=True):
        mine = fids
        if len(fids):
            same = (fids["cell"] == course["cell"]) & (fids["method"] == course["method"])
            mine = fids[same]
        rows.append({
            **keys(course, results),
            "runs": str(course["n"]),
            **_fid_cells(course, mine, results),
            "collapsed at steps": listed(course["collapse_steps"]) or "never",
            **_gradient_cells(health, "D", "grad_norm_d"),
            **_gradient_cells(health, "G", "grad_norm_g"),
        })  # fmt: skip
    return pd.DataFrame(rows).fillna(ABSENT)


def _fid_cells(course: Any, fids: Frame, results: Results) -> dict[str, str]:
    protocol = results.protocol(course["cell"])
    if protocol is None or "fid" not in results.scores:
        return {}
    name = f"FID {results.extractors[protocol]}"
    return {
        f"mean {name} over training": number(course["fid_area"]),
        f"final {name} - best": number(fids["gap_median"].iloc[0]) if len(fids) else ABSENT,
        f"final {name} / best": number(course["fid_ratio"]),
    }


def _gradient_cells(row: Any, network: str, column: str) -> dict[str, str]:
    return {
        f"{network} gradient, median": number(row[f"{column}_median"]),
        f"{network} gradient, p99 / median": number(row[f"{column}_p99_over_median"]),
    }


def coverage_table(results: Results, coverage: Frame) -> Frame:
    """Return what describes the samples at each run's last score, over seeds."""
    rows = []
    for (cell, method), mine in coverage.groupby(["cell", "method"], observed=True):
        extractor = results.extractors[mine["protocol"].iloc[0]]
        cells = {
            f"{score.header(extractor)}, median [min, max]": out_of(described(mine, score), "value")
            for score in DESCRIPTIONS.values()
            if score.column in mine and mine[score.column].notna().any()
        }
        named = keys({"cell": cell, "method": method}, results)
        rows.append({**named, "runs": str(len(mine)), **cells})
    return pd.DataFrame(rows).fillna(ABSENT)


def difference_table(results: Results) -> Frame:
    """Return every field of the specs that is not the same in all runs, by method."""
    rows = [
        {
            "field": difference.field,
            "why it differs": difference.role,
            **{method: listed(difference.values[method]) for method in results.methods},
        }
        for difference in results.differences
    ]
    return pd.DataFrame(rows)


def proof_table(results: Results, proof: Frame) -> Frame:
    """Return the verdicts of the pairing proof."""
    shown = proof.rename(columns=lambda name: str(name).replace("_", " "))
    return shown if len(results.cells) > 1 else shown.drop(columns="cell")
