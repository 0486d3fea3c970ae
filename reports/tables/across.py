"""Methods of two grids: the table to read, and what was changed between them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.score_columns import Score
from reports.stats.matches import leading
from reports.stats.together import Told
from reports.text import ABSENT, detectable_text, listed, median_range, number

NOT_COMPARED = "not compared"


def across_table(told: Told) -> Frame:
    """Return one row per cell and method of both grids, all text."""
    score = leading(told.new.results, told.old.results)
    rows = [
        {**_names(row, told), **(_compared(row, told, score) if score else {}), **_doubts(row)}
        for row in told.rows.to_dict("records")
    ]
    return pd.DataFrame(rows).fillna(ABSENT)


def changes_table(told: Told) -> Frame:
    """Return one row per setting that is not the same in both grids, all text."""
    return pd.DataFrame(
        {
            "setting": told.changes["setting"],
            told.old.label: told.changes["old"],
            told.new.label: told.changes["new"],
            "of": [listed(where) for where in told.changes["where"]],
        }
    )


def _names(row: Any, told: Told) -> dict[str, str]:
    several = len(told.new.results.cells) > 1 or len(told.old.results.cells) > 1
    cell = {"cell": row["cell"]} if several else {}
    return {**cell, "method": row["method"], "outcome": row["outcome"] or NOT_COMPARED}


def _doubts(row: Any) -> dict[str, str]:
    return {"not compared, as": row["apart"]} if row["apart"] else {}


def _compared(row: Any, told: Told, score: Score) -> dict[str, str]:
    if not row["outcome"]:
        return {}
    extractor = told.new.results.extractors[told.new.results.protocol(row["cell"]) or ""]
    header = score.header(extractor)
    return {
        f"{told.old.label}: {header} median [min, max]": median_range(row, "old"),
        f"{told.new.label}: {header} median [min, max]": median_range(row, "new"),
        "paired difference, median [min, max]": median_range(row, "difference"),
        "p after Holm": number(row["p_holm"], 2),
        "margin": number(row["allowed"], 2),
        "p beyond the margin": number(row["p_beyond"], 2),
        "smallest regression found": detectable_text(row["found"]),
        "p alike after Holm": number(row["p_equivalence"], 2),
        "exact test": row["test"],
        "paired": f"UNPAIRED, as {row['unpaired']}" if row["unpaired"] else "yes",
        "runs, shared seeds": f"{row['n_second']:g} and {row['n_first']:g}, {row['n_pairs']:g}",
    }
