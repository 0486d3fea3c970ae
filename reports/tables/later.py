"""Later scorings of finished runs, one table per protocol."""

from __future__ import annotations

import pandas as pd

from reports.load.columns import Frame
from reports.load.protocols import extractors
from reports.load.results import Results
from reports.stats.spreads import score_spread
from reports.tables.table import row_names
from reports.text import out_of


def later_tables(results: Results) -> dict[str, Frame]:
    """Return, for each protocol of later scorings, a table: one row per cell and method."""
    last = results.evals.drop_duplicates(["run_id", "protocol"], keep="last")
    blocks = last.groupby("protocol", sort=False)
    return {str(protocol): _table(mine, results) for protocol, mine in blocks}


def _table(evals: Frame, results: Results) -> Frame:
    (extractor,) = extractors(evals["protocol"]).values()
    known = [score for score in results.columns.by_name.values() if score.column in evals]
    shown = [score for score in known if evals[score.column].notna().any()]
    rows = []
    for (cell, method), mine in evals.groupby(["cell", "method"], observed=True):
        said = {score: out_of(score_spread(mine, score), "value") for score in shown}
        rows.append({
            **row_names({"cell": cell, "method": method}, results),
            "runs": str(len(mine)),
            **{f"{s.header(extractor)} median [min, max]": text for s, text in said.items()},
        })  # fmt: skip
    return pd.DataFrame(rows)
