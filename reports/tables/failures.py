"""How often runs failed, in which way."""

from __future__ import annotations

from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.tables.table import Table, row_names
from runners.failures import FAILURES


def failure_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per cell and method: the share of runs that failed in each way."""
    rows = []
    for _, mine in numbers.failure_rates.groupby(["cell", "method"], observed=True, sort=False):
        records = mine.to_dict("records")
        counts = {FAILURES[row["failure"]].title: _rate(row) for row in records}
        first = records[0]
        rows.append({**row_names(first, results), "planned": str(first["n_planned"]), **counts})
    return pd.DataFrame(rows)


def _rate(row: Any) -> str:
    if row["n"] == 0:
        return "not judged"
    return f"{row['k']} of {row['n']} [{row['low']:.2f}, {row['high']:.2f}]"


def meanings(results: Results) -> dict[str, str]:
    """Return what each failure means by its title, {} while no run was judged."""
    named = {failure.title: failure.meaning for failure in FAILURES.values()}
    return named if len(results.outcomes) else {}


FAILURE_RATES = Table(
    "failures",
    failure_table,
    "No run is planned.",
    title="Failures by kind",
    explanation="The share of runs that failed in each way, with Wilson's 95% interval. A run "
    "counts where it ended (finished or diverged) and recorded what the judgement needs; the kinds "
    "do not exclude each other.",
)
