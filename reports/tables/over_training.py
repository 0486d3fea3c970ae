"""The course of training: degradation, collapse and gradient health."""

from __future__ import annotations

from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.tables.table import Table, row_names
from reports.text import ABSENT, listed, number


def course_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per cell and method, medians over seeds."""
    known = numbers.score_summary
    judged = known[known["metric"] == results.judged.claim.column]
    gaps = {(row.cell, row.method): row.gap_median for row in judged.itertuples()}
    courses, summary = numbers.courses.to_dict("records"), numbers.summary.to_dict("records")
    rows = [
        {
            **row_names(course, results),
            "runs": str(course["n"]),
            **_score_cells(course, gaps.get((course["cell"], course["method"])), results),
            "collapsed at steps": listed(course["collapse_steps"]) or "never",
            **_gradient_cells(health, "D", "grad_norm_d"),
            **_gradient_cells(health, "G", "grad_norm_g"),
        }
        for course, health in zip(courses, summary, strict=True)
    ]
    return pd.DataFrame(rows).fillna(ABSENT)


def _score_cells(course: Any, gap: float | None, results: Results) -> dict[str, str]:
    protocol = results.protocol(course["cell"])
    claim = results.judged.claim
    if protocol is None or claim.column not in results.scores:
        return {}
    name = f"{claim.title} {results.extractors[protocol]}"
    return {
        f"mean {name} over training": number(course["mean"]),
        f"final {name} - best": number(gap),
        f"final {name} / best": number(course["ratio"]),
    }


def _gradient_cells(row: Any, network: str, column: str) -> dict[str, str]:
    return {
        f"{network} gradient, median": number(row[f"{column}_median"]),
        f"{network} gradient, p99 / median": number(row[f"{column}_p99_over_median"]),
    }


COURSES = Table(
    "courses",
    course_table,
    "No run is planned.",
    title="Course of training",
    explanation="Medians over seeds. The mean {claimed} over training is the area under its curve "
    "divided by the steps it spans, without the untrained generator; a run collapsed at the first "
    "scored step from which its {judged} stays degraded until the end.",
)
