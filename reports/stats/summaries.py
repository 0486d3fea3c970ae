"""Methods in one row each: how their runs ended, and what they scored, over seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from reports.load.columns import Frame, Series
from reports.load.results import Results
from reports.load.score_columns import Score
from reports.stats.spreads import groups, median, spread
from runners.store.states import State

STATES = (
    State.FINISHED,
    State.DIVERGED,
    State.CRASHED,
    State.UNFINISHED,
    State.MISSING,
    State.DAMAGED,
)


def summary(results: Results) -> Frame:
    """Return one row per cell and method: how its runs ended, its pace, its gradient norms.

    Returns:
        cell, method, n_planned; one count per state in STATES; seconds_per_step;
        grad_norm_{d,g}_median and grad_norm_{d,g}_p99_over_median, medians over runs.
    """
    rows = [
        {
            "cell": cell,
            "method": method,
            "n_planned": len(runs),
            **{state.value: int((runs["state"] == state).sum()) for state in STATES},
            "seconds_per_step": median(runs["seconds_per_step"]),
            **_gradient_health(results.metrics, runs["run_id"]),
        }
        for cell, method, runs in groups(results)
    ]
    columns = ["cell", "method", "n_planned", *(state.value for state in STATES)]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)


def _gradient_health(metrics: Frame, run_ids: Series) -> dict[str, float]:
    mine = metrics[metrics["run_id"].isin(run_ids)]
    out = {}
    for column in ("grad_norm_d", "grad_norm_g"):
        runs = mine.groupby("run_id")[column]
        out[f"{column}_median"] = median(runs.median())
        out[f"{column}_p99_over_median"] = median(runs.agg(_tail))
    return out


def _tail(norms: Series) -> float:
    norms = norms.dropna()
    middle = norms.median() if len(norms) else 0.0
    return float(norms.quantile(0.99) / middle) if middle > 0 else math.nan


def score_summary(scores: Frame, by_name: Mapping[str, Score]) -> Frame:
    """Return one row per cell, method and score, from the rows of ``run_scores``.

    Args:
        scores: the rows of ``run_scores``.
        by_name: what is known of each score.

    Returns:
        cell, method, metric, protocol, n_planned;
        final_*: over finished runs, with iqr the spread between seeds;
        best_*: over finished and diverged runs; one cut short may have its best to come;
        best_step_median, gap_median;
        ranked_median: the median of final with diverged runs ranked worst; infinite where the
        middle run diverged;
        total: what a count is out of.
    """
    keys = ["cell", "method", "metric"]
    rows = [
        dict(zip(keys, key, strict=True)) | _score_row(mine, by_name[key[-1]].sign)
        for key, mine in scores.groupby(keys, observed=True, sort=False)  # pyright: ignore
    ]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=keys)


def _score_row(runs: Frame, sign: float) -> dict[str, Any]:
    protocols = runs["protocol"].dropna()
    ended = runs[runs["state"].isin([State.FINISHED, State.DIVERGED])]
    return {
        "protocol": protocols.iloc[0] if len(protocols) else None,
        "n_planned": len(runs),
        **spread(runs["final"], "final"),
        **spread(ended["best"], "best"),
        "best_step_median": median(ended["best_step"]),
        "gap_median": median(runs["gap"]),
        "ranked_median": sign * median(runs["cost"]),
        "total": runs["total"].max(),
    }
