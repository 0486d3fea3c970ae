"""What each method's search was and cost."""

from __future__ import annotations

from collections.abc import Container, Iterable

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.tables.table import Table
from reports.text import number


def search_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per method: its dimensions, trials, runs and seconds."""
    shared = results.tuning.plan.space.shared if results.tuning else {}
    rows = [
        {
            "method": row["method"],
            "dimensions": str(len(row["dimensions"])),
            "its own": ", ".join(_own(row["dimensions"], shared)) or "none",
            "trials": str(row["trials"]),
            "trial runs ended": f"{row['ended']} of {row['trial_runs']}",
            "seconds": number(row["trial_seconds"]),
            "runs that confirm": str(row["confirmation_runs"]),
            "their seconds": number(row["confirmation_seconds"]),
            "seconds in all": number(row["seconds"]),
        }
        for row in numbers.tuning.compute.to_dict("records")
    ]
    return pd.DataFrame(rows)


def _own(keys: Iterable[str], shared: Container[str]) -> list[str]:
    return [key.removeprefix("method.") for key in keys if key not in shared]


SEARCH = Table(
    "tuning-search",
    search_table,
    "No trial is planned.",
    title="Search and its cost",
    explanation="Seconds are those of training, on the machines that ran it. Where a default won, "
    "the same runs confirm both, and are counted once.",
)
