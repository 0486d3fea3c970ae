"""What each method's search was and cost."""

from __future__ import annotations

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.tables.table import Table
from reports.text import number


def search_table(results: Results, numbers: Numbers) -> Frame:  # noqa: ARG001
    """Return one row per method: its dimensions, trials, runs and seconds."""
    rows = [
        {
            "method": row["method"],
            "dimensions": str(len(row["dimensions"])),
            "searched": ", ".join(row["dimensions"]),
            "trials": str(row["trials"]),
            "trial runs ended": f"{row['ended']} of {row['trial_runs']}",
            "confirmation runs": str(row["confirmation_runs"]),
            "tuning, seconds": number(row["trial_seconds"]),
            "confirmation, seconds": number(row["confirmation_seconds"]),
            "both, seconds": number(row["seconds"]),
        }
        for row in numbers.tuning.compute.to_dict("records")
    ]
    return pd.DataFrame(rows)


SEARCH = Table(
    "tuning-search",
    search_table,
    "No trial is planned.",
    title="Search and its cost",
    explanation="Seconds are those of training, on the machines that ran it. Where a default won, "
    "the same runs confirm both, and are counted once.",
)
