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

from reports.frame import DAMAGED, Column, Frame, Results
from reports.labels import SCORES, Score
from runners.store import CRASHED, DIVERGED, FINISHED, MISSING, UNFINISHED

STATES = (FINISHED, DIVERGED, CRASHED, UNFINISHED, MISSING, DAMAGED)
SPREADS = ("sigma_max", "stable_rank", "effective_rank", "log10_q90_q10")
SIGNS = {score.column: 1.0 if score.lower_is_better else -1.0 for score in SCORES}
RUN_SCORE_COLUMNS = (
    "run_id", "cell", "method", "seed", "state", "metric", "protocol", "initial", "final",
    "best", "best_step", "gap", "cost",
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
        cost: final with lower always better; infinite for a diverged run and for a finished one
            whose score is not a number; missing where there is no result.
    """
    by_run = dict(list(results.scores.groupby("run_id")))
    rows = [
        {**_of_run(run), **_scored(by_run.get(run.run_id, results.scores[:0]), score, run.state)}
        for run in results.runs.itertuples()
        for score in results.score_columns
    ]
    frame = pd.DataFrame(rows, columns=list(RUN_SCORE_COLUMNS))
    for column in ("cell", "method"):
        frame[column] = pd.Categorical(frame[column], dtype=results.runs[column].dtype)
    return frame


def _of_run(run: Any) -> dict[str, Any]:
    return {key: getattr(run, key) for key in ("run_id", "cell", "method", "seed", "state")}


def _scored(rows: Frame, score: Score, state: str) -> dict[str, Any]:
    rows = rows.sort_values("step")
    sign = SIGNS[score.column]
    untrained, trained = rows[rows["step"] == 0], rows[rows["step"] > 0]
    costs = sign * trained[score.column].dropna()
    final = trained[score.column].iloc[-1] if state == FINISHED and len(trained) else math.nan
    best = float(costs.min()) if len(costs) else math.nan
    failed = state == DIVERGED or (state == FINISHED and math.isnan(final))
    return {
        "metric": score.column,
        "protocol": rows["protocol"].iloc[0] if len(rows) else None,
        "initial": untrained[score.column].iloc[0] if len(untrained) else math.nan,
        "final": final,
        "best": sign * best,
        "best_step": trained.loc[costs.idxmin(), "step"] if len(costs) else math.nan,
        "gap": sign * final - best,
        "cost": math.inf if failed else sign * final,
    }


def summary(results: Results) -> Frame:
    """Return one row a cell and method: counts by state, failure rate, pace, gradient norms."""
    rows = [
        {
            "cell": cell,
            "method": method,
            "n_planned": len(runs),
            **{state: int((runs["state"] == state).sum()) for state in STATES},
            **_failure_rate(runs["state"]),
            "seconds_per_step": _median(runs["seconds_per_step"]),
            **_gradient_health(results.metrics, runs["run_id"]),
        }
        for cell, method, runs in groups(results)
    ]
    return pd.DataFrame(rows)


def _failure_rate(states: Column) -> dict[str, float]:
    ended = int(states.isin([FINISHED, DIVERGED]).sum())
    low, high = wilson(int((states == DIVERGED).sum()), ended)
    return {"n_ended": ended, "failure_low": low, "failure_high": high}


def wilson(k: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Return Wilson's 95% interval of a rate of ``k`` in ``n``; all of [0, 1] where n is 0."""
    if n == 0:
        return 0.0, 1.0
    centre = (k + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(k * (n - k) / n + z * z / 4)
    return max(0.0, centre - half), min(1.0, centre + half)


def _gradient_health(metrics: Frame, run_ids: Column) -> dict[str, float]:
    mine = metrics[metrics["run_id"].isin(run_ids)]
    out = {}
    for column in ("grad_norm_d", "grad_norm_g"):
        runs = mine.groupby("run_id")[column]
        out[f"{column}_median"] = _median(runs.median())
        out[f"{column}_p99_over_median"] = _median(runs.agg(_tail))
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
    ended = runs[runs["state"].isin([FINISHED, DIVERGED])]
    return {
        "protocol": protocols.iloc[0] if len(protocols) else None,
        "n_planned": len(runs),
        **spread(runs["final"], "final"),
        **spread(ended["best"], "best"),
        "best_step_median": _median(ended["best_step"]),
        "gap_median": _median(runs["gap"]),
        "ranked_median": sign * _median(runs["cost"]),
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


def last_rows(frame: Frame) -> Frame:
    """Return each run's rows at its own last step."""
    return frame[frame["step"] == frame.groupby("run_id")["step"].transform("max")]


def spectra_spread(spectra: Frame) -> Frame:
    """Return the spread measures at the last step, the median over seeds, one row a layer."""
    keys = ["cell", "method", "index", "layer", "kind"]
    return _over_seeds(last_rows(spectra), keys, list(SPREADS))


def input_gradients(diagnostics: Frame) -> Frame:
    """Return the input-gradient norms at the last step, the median over seeds."""
    columns = [column for column in diagnostics if column.startswith("input_grad")]
    return _over_seeds(last_rows(diagnostics), ["cell", "method"], columns)


def _over_seeds(frame: Frame, keys: list[str], columns: list[str]) -> Frame:
    grouped = frame.groupby(keys, observed=True)
    counts = grouped["run_id"].nunique().rename("n_runs")
    return grouped[columns].median().join(counts).reset_index()


def spectrum_curves(spectra: Frame) -> Frame:
    """Return squared singular values over the largest, one row a run, conv layer and position.

    Figure 3 of Miyato et al. 2018, at each run's last step. ``position`` is index / T with
    T = min(rows, columns) and index from 1, ``power`` is in [0, 1].
    """
    conv = last_rows(spectra[spectra["kind"] == "conv"])
    keys = ["run_id", "cell", "method", "seed", "step", "layer", "index"]
    parts = [
        pd.DataFrame({**{key: getattr(row, key) for key in keys}, **curve})
        for row in conv.itertuples()
        if (curve := _curve(row.singular_values))
    ]
    if not parts:
        return pd.DataFrame(columns=[*keys, "position", "power"])
    curves = pd.concat(parts, ignore_index=True)
    for column in ("cell", "method"):
        curves[column] = pd.Categorical(curves[column], dtype=spectra[column].dtype)
    return curves


def _curve(singular_values: Any) -> dict[str, np.ndarray]:
    values = np.array(singular_values or [], dtype=float)
    if not len(values) or not np.isfinite(values).all() or values[0] <= 0:
        return {}
    places = np.arange(1, len(values) + 1) / len(values)
    return {"position": places, "power": (values / values[0]) ** 2}


def gaussian_stable_rank(rows: float, columns: float) -> float:
    """Return the stable rank over full rank of a large Gaussian matrix of this shape."""
    return 1 / (1 + math.sqrt(min(rows, columns) / max(rows, columns))) ** 2


def _median(values: Column) -> float:
    present = values.dropna().to_numpy(float)
    return float(np.median(present)) if len(present) else math.nan
