"""Steps and seconds that runs need to reach a target score."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from reports.load.columns import KEYS, Frame
from reports.load.results import Results
from reports.stats.comparisons import CONTROL
from reports.stats.spreads import median
from runners.store.states import ENDED, State

MEASURES = ("steps", "seconds")


@dataclass(frozen=True)
class Target:
    """A score to reach.

    Args:
        cost: with lower always better; missing where there is none.
        words: whose score it is.
    """

    cost: float
    words: str


def target(scored: Frame, cell: str) -> Target:
    """Return the target of a cell: the control's median final score.

    Without a control it is the worst of the methods' medians, which every method reaches in half
    of its runs.

    Args:
        scored: cell, method and cost of final scores.
        cell: whose.
    """
    mine = scored[scored["cell"] == cell]
    medians = {m: median(rows["cost"]) for m, rows in mine.groupby("method", observed=True)}
    if math.isfinite(medians.get(CONTROL, math.nan)):
        return Target(medians[CONTROL], f"the median final score of {CONTROL}, {cell}")
    finite = [value for value in medians.values() if math.isfinite(value)]
    return Target(max(finite, default=math.nan), f"the worst median final score, {cell}")


def times_to_target(
    results: Results, column: str, sign: float, goals: Mapping[str, Target]
) -> Frame:
    """Return when each run first scored as well as the target of its cell.

    Args:
        results: of a grid.
        column: of the score.
        sign: that makes it a cost, lower always better.
        goals: the target of each cell.

    Returns:
        run_id, cell, method, seed, state; steps, seconds: infinite where a run that ended never
        did, or failed; missing where there is no result yet.
    """
    runs = results.runs[[*KEYS, "state"]].reset_index(drop=True)
    trained = results.scores[results.scores["step"] > 0].sort_values("step", kind="stable")
    costs = sign * trained[column] if column in trained else trained["step"] * math.nan
    wanted = trained["cell"].astype(str).map({cell: goal.cost for cell, goal in goals.items()})
    reached = trained[costs <= wanted].drop_duplicates("run_id").set_index("run_id")["step"]
    reached = reached[reached.index.isin(runs.loc[runs["state"] == State.FINISHED, "run_id"])]
    found = {"steps": reached.to_dict(), "seconds": _seconds(results.timing, reached.to_dict())}
    for name, values in found.items():
        runs[name] = runs["run_id"].map(values).astype(float)
    never = runs["state"].isin(ENDED) & runs["steps"].isna()
    return runs.assign(**{name: runs[name].mask(never, math.inf) for name in MEASURES})


def _seconds(timing: Frame, steps: dict[str, int]) -> dict[str, float]:
    """Return the seconds of training at a step of each run, linear between recorded ones."""
    return {
        run_id: float(np.interp(steps[run_id], [0.0, *mine["step"]], [0.0, *mine["seconds"]]))
        for run_id, mine in timing.sort_values("step").groupby("run_id")
        if run_id in steps
    }


def targets(times: Frame) -> Frame:
    """Return one row per cell and method: how many runs reached the target, and how soon.

    Args:
        times: the rows of :func:`times_to_target`.

    Returns:
        cell, method, n: runs with a result; reached: of these; and of steps and seconds the
        median over them, infinite where half or more never did, and the range.
    """
    rows = []
    for (cell, method), mine in times.groupby(["cell", "method"], observed=True):
        known = mine[mine["steps"].notna()]
        rows.append({
            "cell": cell, "method": method, "n": len(known),
            "reached": int(np.isfinite(known["steps"]).sum()),
            **{k: v for name in MEASURES for k, v in _spread(known, name).items()},
        })  # fmt: skip
    parts = [f"{name}_{part}" for name in MEASURES for part in ("median", "min", "max")]
    return pd.DataFrame(rows, columns=["cell", "method", "n", "reached", *parts])


def _spread(times: Frame, name: str) -> dict[str, Any]:
    values = times[name].dropna()
    low, high = (values.min(), values.max()) if len(values) else (math.nan, math.nan)
    middle = float(np.quantile(values, 0.5, method="higher")) if len(values) else math.nan
    return {f"{name}_median": middle, f"{name}_min": low, f"{name}_max": high}
