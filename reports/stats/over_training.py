"""How the score that runs are judged by went over training: its mean, and its end.

It is the variant that carries claims: of test, where runs have one.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.spreads import groups, median
from runners.store.states import State


def over_training(results: Results, scores: Frame) -> Frame:
    """Return one row per run that began: the mean of its score, and final over best.

    Args:
        results: of a grid.
        scores: the rows of ``run_scores``.

    Returns:
        run_id, cell, method, seed, collapse_step;
        mean: of the score over training, of a finished run: trapezoids between scores over the
        steps they span, without step 0, as the untrained generator's score is that of every
        method of a seed, and so large that it would hide what follows; missing below two trained
        scores or if any is missing;
        ratio: final over best where lower is better, else best over final: above 1 where a run
        got worse again; missing unless both are positive.
    """
    claim = results.judged.claim
    column = claim.column
    began = results.outcomes[["run_id", "cell", "method", "seed", "collapse_step"]]
    if column not in results.scores:
        return began.assign(mean=math.nan, ratio=math.nan)
    trained = results.scores[results.scores["step"] > 0]
    means = {run_id: _mean(rows, column) for run_id, rows in trained.groupby("run_id")}
    finished = set(results.runs.loc[results.runs["state"] == State.FINISHED, "run_id"])
    known = {run_id: mean for run_id, mean in means.items() if run_id in finished}
    ratios = _ratios(scores[scores["metric"] == column], claim.sign)
    ids = began["run_id"]
    return began.assign(mean=ids.map(known).astype(float), ratio=ids.map(ratios).astype(float))


def _mean(rows: Frame, column: str) -> float:
    """Return the mean of a column between its first and last step, by trapezoids."""
    steps, values = rows["step"].to_numpy(float), rows[column].to_numpy(float)
    if len(values) < 2 or np.isnan(values).any():
        return math.nan
    return float(np.trapezoid(values, steps) / (steps[-1] - steps[0]))


def _ratios(scores: Frame, sign: float) -> dict[str, float]:
    both = scores.set_index("run_id")[["final", "best"]].dropna()
    positive = both[both.min(axis=1) > 0]
    return ((positive["final"] / positive["best"]) ** sign).to_dict()


def courses(results: Results, trained: Frame) -> Frame:
    """Return one row per cell and method: medians over seeds of :func:`over_training`.

    Args:
        results: of a grid.
        trained: the rows of :func:`over_training`.

    Returns:
        cell, method, mean, ratio; collapse_steps: a sorted list; n: runs with a mean.
    """
    rows = []
    for cell, method, runs in groups(results):
        mine = trained[trained["run_id"].isin(runs["run_id"])]
        rows.append({
            "cell": cell,
            "method": method,
            "mean": median(mine["mean"]),
            "ratio": median(mine["ratio"]),
            "collapse_steps": sorted(mine["collapse_step"].dropna().astype(int)),
            "n": int(mine["mean"].notna().sum()),
        })  # fmt: skip
    columns = ["cell", "method", "mean", "ratio", "collapse_steps", "n"]
    return pd.DataFrame(rows, columns=columns)
