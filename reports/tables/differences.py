"""What differs between runs, and why it may."""

from __future__ import annotations

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.tables.table import Table
from reports.text import ABSENT, listed

UNSAID = {"field": "whatever the files do not say", "why it differs": "NOT KNOWN"}
"""Of imported runs."""


def difference_table(results: Results, numbers: Numbers) -> Frame:  # noqa: ARG001
    """Return one row per field of the specs that is not the same in all runs."""
    rows = [
        {
            "field": difference.field,
            "why it differs": difference.role,
            **{method: listed(difference.values[method]) for method in results.methods},
        }
        for difference in results.differences
    ]
    if not results.paired:
        rows.append(UNSAID | dict.fromkeys(results.methods, ABSENT))
    return pd.DataFrame(rows)


DIFFERENCES = Table(
    "differs",
    difference_table,
    "Nothing differs: all runs have the same spec.",
    title="What differs",
    explanation="Every field of the resolved specs that is not the same in all runs, with its "
    "values for each method; a dash where a method has no such field. Only the method, the seed, "
    "and axes that every method and seed runs in full may differ; where the grid gives methods "
    "recipes of their own, what these set is said to be the recipe's.",
)
