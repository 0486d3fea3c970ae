"""What happened, described: frame to frame, nothing drawn and nothing random.

A failed run is never dropped: it counts among the planned runs, its final score is missing, and
where results are ranked a diverged run is worst. A crash says nothing about a method, so a
crashed run has no rank; it is counted and shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from reports.columns import KEYS, Column, Frame
from reports.frame import Results
from reports.labels import SCORES, Score
from runners.store.states import State

STATES = (
    State.FINISHED,
    State.DIVERGED,
    State.CRASHED,
    State.UNFINISHED,
    State.MISSING,
    State.DAMAGED,
)
SIGNS = {score.column: 1.0 if score.lower_is_better else -1.0 for score in SCORES}
RUN_SCORE_COLUMNS = (
    "run_id", "cell", "method", "seed", "state", "metric", "protocol", "initial", "final",
    "best", "best_step", "gap", "cost", "total",
)  # fmt: skip


def groups(results: Results) -> Iterator[tuple[str, str, Frame]]:
    """Yield (cell, method, its planned runs) in the plan's order."""
    for (cell, method), runs in results.runs.groupby(["cell", "method"], observed=True):
        yield cell, method, runs


def run_scores(results: Results) -> Frame:
    """Return one row a planned run and score.

    Returns:
        initial: the untrained generator's (step 0).
        final: at the last step of a finished run, otherwise missing.
        best, best_step: over all trained steps recorded.
        gap: how much worse final is than best, never negative.
        total: what a count is out of.
        cost: final with lower always better; infinite for a diverged run and for a finished one
            whose score is not a number; missing where there is no result.
    """
    runs = results.runs[[*KEYS, "state"]].reset_index(drop=True)
    rows = results.scores.sort_values("step", kind="stable")
    frames = [_scored(runs, rows, score) for score in results.score_columns]
    if not frames:
        return pd.DataFrame(columns=list(RUN_SCORE_COLUMNS)).astype(
            {column: runs[column].dtype for column in ("cell", "method")}
        )
    by_run = pd.concat(frames).sort_index(kind="stable").reset_index(drop=True)
    return by_run[list(RUN_SCORE_COLUMNS)]


def _scored(runs: Frame, rows: Frame, score: Score) -> Frame:
    """Return one row a run; ``rows`` are in the order of their steps."""
    column, sign = score.column, SIGNS[score.column]
    untrained, trained = rows[rows["step"] == 0], rows[rows["step"] > 0]
    costs = sign * trained[column].dropna()
    best = trained.loc[costs.groupby(trained["run_id"]).idxmin()]

    def of_run(rows: Frame, column: str, keep: Any = "first") -> Column:
        one = rows.drop_duplicates("run_id", keep=keep).set_index("run_id")[column]
        return runs["run_id"].map(one)

    final = of_run(trained, column, "last").where(runs["state"] == State.FINISHED)
    failed = (runs["state"] == State.DIVERGED) | ((runs["state"] == State.FINISHED) & final.isna())
    totals = rows.groupby("run_id")[score.total].max() if score.total in rows else {}
    return runs.assign(
        metric=column,
        protocol=of_run(rows, "protocol"),
        initial=of_run(untrained, column),
        final=final,
        best=of_run(best, column),
        best_step=of_run(best, "step"),
        gap=sign * (final - of_run(best, column)),
        cost=(sign * final).mask(failed, math.inf),
        total=runs["run_id"].map(totals),
    )


def summary(results: Results) -> Frame:
    """Return one row a cell and method: counts by state, pace, gradient norms."""
    rows = [
        {
            "cell": cell,
            "method": method,
            "n_planned": len(runs),
            **{state: int((runs["state"] == state).sum()) for state in STATES},
            "seconds_per_step": median(runs["seconds_per_step"]),
            **_gradient_health(results.metrics, runs["run_id"]),
        }
        for cell, method, runs in groups(results)
    ]
    return pd.DataFrame(rows)


def _gradient_health(metrics: Frame, run_ids: Column) -> dict[str, float]:
    mine = metrics[metrics["run_id"].isin(run_ids)]
    out = {}
    for column in ("grad_norm_d", "grad_norm_g"):
        runs = mine.groupby("run_id")[column]
        out[f"{column}_median"] = median(runs.median())
        out[f"{column}_p99_over_median"] = median(runs.agg(_tail))
    return out


def _tail(norms: Column) -> float:
    norms = norms.dropna()
    middle = norms.median() if len(norms) else 0.0
    return float(norms.quantile(0.99) / middle) if middle > 0 else math.nan


def score_summary(scores: Frame) -> Frame:
    """Return one row a cell, method and score, from the rows of :func:`run_scores`.

    Returns:
        final_*: over finished runs, with iqr the spread between seeds.
        best_*: over finished and diverged runs; one cut short may have its best to come.
        ranked_median: the median of final with diverged runs ranked worst; infinite where the
            middle run diverged.
    """
    keys = ["cell", "method", "metric"]
    rows = [
        dict(zip(keys, key, strict=True)) | _score_row(mine, SIGNS[key[-1]])
        for key, mine in scores.groupby(keys, observed=True, sort=False)  # pyright: ignore
    ]
    return pd.DataFrame(rows)


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


def spread(values: Column, name: str) -> dict[str, float]:
    """Return n, median, quartiles, IQR, minimum and maximum of the values present."""
    present = values.dropna().to_numpy(float)
    quantiles = (0.5, 0.25, 0.75, 0.0, 1.0)
    found = np.quantile(present, quantiles) if len(present) else np.full(5, math.nan)
    median, q25, q75, low, high = map(float, found)
    return {
        f"{name}_n": len(present),
        f"{name}_median": median,
        f"{name}_q25": q25,
        f"{name}_q75": q75,
        f"{name}_iqr": q75 - q25,
        f"{name}_min": low,
        f"{name}_max": high,
    }


def described(rows: Frame, score: Score) -> dict[str, float]:
    """Return the spread of a column as ``value``, with the total that a count is out of."""
    total = rows[score.total].max() if score.total in rows else math.nan
    return {**spread(rows[score.column], "value"), "total": total}


def median(values: Column) -> float:
    """Return the median of the values present, NaN where there are none."""
    present = values.dropna().to_numpy(float)
    return float(np.median(present)) if len(present) else math.nan
