"""The best checkpoint of each run, scored again on fresh latents."""

from __future__ import annotations

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.tables.headers import short_header
from reports.tables.table import Table, row_names
from reports.text import ABSENT, median_range


def best_again_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per cell and method, over its runs."""
    rows = []
    for row in numbers.best_again.to_dict("records"):
        name = short_header({**row, "metric": row["column"]}, results)
        rows.append({
            **row_names(row, results),
            "runs": str(row["again_n"]),
            f"{name}: best during training, median [min, max]": median_range(row, "during"),
            f"{name}: the same on fresh latents, median [min, max]": median_range(row, "again"),
        })  # fmt: skip
    return pd.DataFrame(rows).fillna(ABSENT)


BEST_AGAIN = Table(
    "best-again",
    best_again_table,
    "",
    title="Best checkpoint, scored again",
    explanation="Every score of a run is on the same latents, so the best of them is partly luck. "
    "Here the generator of the best score of each finished run is scored again, on latents that it "
    "was not chosen by.",
)
