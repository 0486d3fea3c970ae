"""The exponential average of G beside G itself, where runs had one."""

from __future__ import annotations

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.last_rows import last_rows
from reports.stats.spreads import SPREAD, spread
from runners.metrics.score import AVERAGED, variant
from runners.store.states import State


def averaged_scores(results: Results) -> Frame:
    """Return final scores of G and of its average, over finished runs that have both.

    Returns:
        One row per cell, method and score: metric: its column; protocol; raw_*: of G;
        averaged_*: of the average of its weights.
    """
    finished = results.runs.loc[results.runs["state"] == State.FINISHED, "run_id"]
    last = last_rows(results.scores[results.scores["run_id"].isin(finished)])
    rows = []
    for (cell, method), mine in last.groupby(["cell", "method"], observed=True):
        for column in (score.column for score in results.score_columns):
            names = [column, variant(column, AVERAGED)]
            both = mine.dropna(subset=names) if names[1] in mine else mine[:0]
            if len(both):
                rows.append({
                    "cell": cell, "method": method, "metric": column,
                    "protocol": both["protocol"].iloc[0],
                    **spread(both[names[0]], "raw"), **spread(both[names[1]], "averaged"),
                })  # fmt: skip
    spreads = [f"{name}_{part}" for name in ("raw", "averaged") for part in SPREAD]
    return pd.DataFrame(rows, columns=["cell", "method", "metric", "protocol", *spreads])
