"""Tables of how runs went, and of what differs between them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from reports.columns import Frame
from reports.frame import Results
from reports.labels import FAILURES
from reports.tables.text import ABSENT, keys, listed, median_range, number


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
        gap = number(mine["gap_median"].iloc[0]) if len(mine) else ABSENT
        rows.append({
            **keys(course, results),
            "runs": str(course["n"]),
            "mean FID over training": number(course["fid_area"]),
            "final FID - best": gap,
            "final FID / best": number(course["fid_ratio"]),
            "collapsed at steps": listed(course["collapse_steps"]) or "never",
            **_gradient_cells(health, "D", "grad_norm_d"),
            **_gradient_cells(health, "G", "grad_norm_g"),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _gradient_cells(row: Any, network: str, column: str) -> dict[str, str]:
    return {
        f"{network} gradient, median": number(row[f"{column}_median"]),
        f"{network} gradient, p99 / median": number(row[f"{column}_p99_over_median"]),
    }


def coverage_table(results: Results, coverage: Frame) -> Frame:
    """Return classes hit and the labels' divergence at each run's last score, over seeds."""
    rows = []
    for (cell, method), mine in coverage.groupby(["cell", "method"], observed=True):
        row: dict[str, Any] = {"cell": cell, "method": method}
        for name in ("classes", "label_kl"):
            values = mine[name]
            row |= {f"{name}_median": values.median(), f"{name}_min": values.min(),
                    f"{name}_max": values.max()}  # fmt: skip
        total = listed([f"{n:g}" for n in mine["classes_total"].dropna().unique()]) or ABSENT
        rows.append({
            **keys(row, results),
            "runs": str(len(mine)),
            "classes hit ↑, median [min, max]": median_range(row, "classes", counts=True),
            "of": total,
            "label KL in nats ↓, median [min, max]": median_range(row, "label_kl"),
        })  # fmt: skip
    return pd.DataFrame(rows)


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
