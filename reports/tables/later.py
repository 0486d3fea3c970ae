"""Later scorings of finished runs, one table per protocol."""

from __future__ import annotations

import pandas as pd

from reports.load.columns import Frame
from reports.load.protocols import extractors
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.tables.table import row_names
from reports.text import out_of


def later_tables(results: Results, numbers: Numbers) -> dict[str, Frame]:
    """Return, for each protocol of later scorings, a table: one row per cell and method."""
    blocks = numbers.later_scores.groupby("protocol", sort=False)
    return {str(protocol): _table(mine, results) for protocol, mine in blocks}


def _table(scored: Frame, results: Results) -> Frame:
    (extractor,) = extractors(scored["protocol"]).values()
    rows, known = [], results.later_columns.by_name
    for _, mine in scored.groupby(["cell", "method"], sort=False):
        records = mine.to_dict("records")
        names = [known[row["metric"]].header(extractor) for row in records]
        said = [out_of(row, "value") for row in records]
        rows.append({
            **row_names(records[0], results),
            "runs": str(records[0]["n_runs"]),
            **{f"{name} median [min, max]": text for name, text in zip(names, said, strict=True)},
        })  # fmt: skip
    return pd.DataFrame(rows)
