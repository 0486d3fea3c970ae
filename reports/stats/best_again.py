"""The best checkpoint of each run, scored again on latents that it was not chosen by."""

from __future__ import annotations

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.spreads import SPREAD, groups, spread
from runners.metrics.selection import validated


def best_again(results: Results) -> Frame:
    """Return the best score during training and again, over the runs that have both.

    The best of many scores on the same latents is better than the generator it belongs to;
    fresh latents show by how much.

    Returns:
        One row per cell and method: metric: the score that runs are judged by, or the first they
        have; column: where it stands in the rows: against validation data, where it was so
        scored; protocol; during_*: at the step of the best checkpoint; again_*: of the same
        checkpoint on fresh latents.
    """
    metric = _metric(results)
    rows = []
    if metric is not None:
        column = validated(metric, results.best.columns)
        pairs = _pairs(results, column)
        for cell, method, runs in groups(results):
            mine = pairs[pairs["run_id"].isin(runs["run_id"])]
            if len(mine):
                rows.append({
                    "cell": cell, "method": method, "metric": metric, "column": column,
                    "protocol": mine["protocol"].iloc[0],
                    **spread(mine["during"], "during"), **spread(mine["again"], "again"),
                })  # fmt: skip
    columns = ["cell", "method", "metric", "column", "protocol"]
    spreads = [f"{name}_{part}" for name in ("during", "again") for part in SPREAD]
    return pd.DataFrame(rows, columns=[*columns, *spreads])


def _metric(results: Results) -> str | None:
    names = [results.judged.column, *(score.column for score in results.score_columns)]
    return next((name for name in names if name in results.best), None)


def _pairs(results: Results, column: str) -> Frame:
    """Return run_id, protocol, during and again of the runs that have both."""
    again = results.best[["run_id", "step", "protocol", column]].rename(columns={column: "again"})
    scored = results.scores[["run_id", "step", column]].rename(columns={column: "during"})
    return again.merge(scored, on=["run_id", "step"]).dropna(subset=["during", "again"])
