"""Where imported runs come from."""

from __future__ import annotations

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.tables.table import Table

SHOWN = 16  # digits of a hash


def origin_table(results: Results, numbers: Numbers) -> Frame:  # noqa: ARG001
    """Return one row per imported run that is shown: what it was read from, and by what."""
    rows = [
        {
            "run": run["run_id"],
            "method": run["method"],
            "seed": run["seed"],
            "file": origin.file,
            "sha256": origin.sha256[:SHOWN],
            "reader": origin.reader,
        }
        for run in results.distinct.to_dict("records")
        if (origin := results.origins.get(run["run_id"]))
    ]
    return pd.DataFrame(rows)


ORIGINS = Table(
    "origins",
    origin_table,
    "",
    folded="Where these runs come from",
    explanation="The file or folder that each run was imported from, the first digits of its hash "
    "when it was read, and what read it.",
)
