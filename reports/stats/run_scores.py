"""Each run's score where it began, was best and ended.

The best step is the one that validation chose, where runs have a validation score, and what is
shown there is the score itself: the choice never saw the data that the claim is made on.

A failed run is never dropped: it counts among the planned runs, its final score is missing, and
where results are ranked a diverged run is worst. A crash says nothing about a method, so a
crashed run has no rank; it is counted and shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from reports.load.columns import KEYS, Frame, Series
from reports.load.results import Results
from reports.load.score_columns import Score
from runners.store.states import State

RUN_SCORE_COLUMNS = (
    "run_id", "cell", "method", "seed", "state", "metric", "protocol", "initial", "final",
    "best", "best_step", "gap", "cost", "total",
)  # fmt: skip


def run_scores(results: Results, shown: Sequence[Score] | None = None) -> Frame:
    """Return one row per planned run and score.

    Args:
        results: of a grid.
        shown: the scores; by default those that carry claims.

    Returns:
        run_id, cell, method, seed, state; metric: the score's column; protocol;
        initial: the untrained generator's (step 0);
        final: at the last step of a finished run, otherwise missing;
        best, best_step: at the trained step with the best validation score, or with the best
        score where there is no validation;
        gap: how much worse final is than best; negative only where validation chose a step that
        is worse than the last;
        cost: final with lower always better; infinite for a diverged run and for a finished one
        whose score is not a number; missing where there is no result;
        total: what a count is out of.
    """
    runs = results.runs[[*KEYS, "state"]].reset_index(drop=True)
    rows = results.scores.sort_values("step", kind="stable")
    scores = results.score_columns if shown is None else shown
    frames = [_scored(runs, rows, score, results.columns.selection(score)) for score in scores]
    if not frames:
        return pd.DataFrame(columns=list(RUN_SCORE_COLUMNS)).astype(
            {column: runs[column].dtype for column in ("cell", "method")}
        )
    by_run = pd.concat(frames).sort_index(kind="stable").reset_index(drop=True)
    return by_run[list(RUN_SCORE_COLUMNS)]


def _scored(runs: Frame, rows: Frame, score: Score, selection: Score) -> Frame:
    """Return one row per run; ``rows`` are in the order of their steps."""
    column, sign = score.column, score.sign
    untrained, trained = rows[rows["step"] == 0], rows[rows["step"] > 0]
    costs = sign * trained[selection.column].dropna()
    best = trained.loc[costs.groupby(trained["run_id"]).idxmin()]

    def of_run(rows: Frame, column: str, keep: Any = "first") -> Series:
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
