"""What training cost per method, and what each method scored for equal steps and equal seconds.

Seconds are those of training alone: forward and backward passes and updates, no scoring.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, ClassVar, TypeAlias

import numpy as np
import pandas as pd

from reports.load.columns import KEYS, Frame
from reports.load.results import Results
from reports.stats.spreads import groups
from runners.store.states import State

MIB, GIGA = 2**20, 1e9
CONTROL = "none"
MEASURES = ("ms_per_step", "gflop_per_step", "peak_mib", "seconds")
PARTS = ("n", "median", "min", "max")
WAYS = ("at_steps", "at_seconds")
MIDDLES = ["cell", "method", "column", "step"]


@dataclass(frozen=True)
class Costs:
    """What methods cost.

    Args:
        runs: one row per planned run: run_id, cell, method, seed, state, MEASURES.
        methods: one row per cell and method: how many runs were timed, MEASURES over them, and
            what they are relative to.
        curves: one row per run and scored step: seconds and value of the score that leads.
        middles: the medians of curves over the seeds of a method, at each scored step.
        equal: one row per cell and method: its score for equal steps and for equal seconds.
        swaps: one row per pair of methods that these two put in different orders.
        trade: one row per cell and method: seconds of a whole run, its final score, and whether
            no other method is at least as good in both.
    """

    runs: Frame = field(repr=False)
    methods: Frame = field(repr=False)
    curves: Frame = field(repr=False)
    middles: Frame = field(repr=False)
    equal: Frame = field(repr=False)
    swaps: Frame = field(repr=False)
    trade: Frame = field(repr=False)
    has_cells: ClassVar[bool] = True


def costs(results: Results, scores: Frame) -> Costs:
    """Return what the methods of a grid cost.

    Args:
        results: of a grid.
        scores: the rows of :func:`reports.stats.run_scores.run_scores`.
    """
    runs = _runs(results)
    column = next((score.column for score in results.score_columns), None)
    curves = _curves(results, [score.column for score in results.score_columns])
    mine = scores[scores["metric"] == column]
    equal = _equal(results, runs, mine)
    trade = _trade(results, runs, mine)
    return Costs(
        runs, _methods(results, runs), curves, _middles(curves), equal, _swaps(equal), trade
    )


def _runs(results: Results) -> Frame:
    runs = results.runs
    ended = results.timing.sort_values("step", kind="stable").groupby("run_id")["seconds"].last()
    return runs[[*KEYS, "state"]].assign(
        ms_per_step=1000 * runs["seconds_per_step"],
        gflop_per_step=runs["flops_per_step"] / GIGA,
        peak_mib=runs["peak_bytes"] / MIB,
        seconds=runs["run_id"].map(ended).astype(float),
    )


def spread(values: Iterable[float], name: str) -> dict[str, float]:
    """Return number, median, minimum and maximum of the values present; infinite is worst."""
    known = np.array([value for value in values if not math.isnan(value)])
    found = [float(f(known)) for f in (np.median, np.min, np.max)] if len(known) else [math.nan] * 3
    return dict(zip([f"{name}_{part}" for part in PARTS], [len(known), *found], strict=True))


def _methods(results: Results, runs: Frame) -> Frame:
    """Return one row per cell and method.

    Seconds are those of finished runs, for one that ended early was timed over fewer steps. Only
    where none finished is a step timed by such runs.
    """
    rows = []
    for cell, method, planned in groups(results):
        mine = runs[runs["run_id"].isin(planned["run_id"])]
        finished = mine[mine["state"] == State.FINISHED]
        paced = mine if finished.empty else finished
        own = {"seconds": finished, "ms_per_step": paced}
        spreads = [spread(own.get(name, mine)[name], name) for name in MEASURES]
        rows.append({
            "cell": cell, "method": method, "n_planned": len(mine), "n_finished": len(finished),
            **{k: v for one in spreads for k, v in one.items()},
        })  # fmt: skip
    names = [f"{name}_{part}" for name in MEASURES for part in PARTS]
    frame = pd.DataFrame(rows, columns=["cell", "method", "n_planned", "n_finished", *names])
    return frame.assign(relative_to=[_reference(frame, row) for row in frame.to_dict("records")])


def _reference(frame: Frame, row: Any) -> str:
    """Return the method of the same cell that others are compared with: none, else the fastest."""
    mine = frame[(frame["cell"] == row["cell"]) & frame["ms_per_step_median"].notna()]
    if mine.empty or (mine["method"] == CONTROL).any():
        return "" if mine.empty else CONTROL
    return str(mine.loc[mine["ms_per_step_median"].idxmin(), "method"])


Line: TypeAlias = tuple[Any, Any]
"""Steps of a run, and what there is at each."""


def _curves(results: Results, columns: list[str]) -> Frame:
    """Return the scored steps of every run with the seconds of training up to there."""
    names = [*KEYS, "step", "seconds"]
    timing = _by_run(results.timing, "seconds")
    rows = results.scores.sort_values(["run_id", "step"], ignore_index=True)
    steps, seconds = rows["step"].to_numpy(float), np.full(len(rows), np.nan)
    for run_id, places in rows.groupby("run_id").indices.items():
        if run_id in timing:
            seconds[places] = _seconds_at(timing[run_id], steps[places])
    wide = rows.assign(seconds=seconds).dropna(subset="seconds")[[*names, *columns]]
    return wide.melt(names, columns, "column", "value").astype({"value": float})


def _middles(curves: Frame) -> Frame:
    known = curves.dropna(subset="value").groupby(MIDDLES, observed=True)
    return known[["seconds", "value"]].median().reset_index()


def _by_run(frame: Frame, column: str) -> dict[str, Line]:
    """Return a column over steps by run id."""
    rows = frame.sort_values("step", kind="stable")
    steps, values = rows["step"].to_numpy(float), rows[column].to_numpy(float)
    places = rows.groupby("run_id").indices
    return {run_id: (steps[mine], values[mine]) for run_id, mine in places.items()}


def _seconds_at(timing: Line, steps: Any) -> Any:
    """Return the seconds of training at steps of a run, linear between recorded ones."""
    return np.interp(steps, [0.0, *timing[0]], [0.0, *timing[1]])


EQUAL = ("cell", "method", "n_planned", "steps", "seconds", "done")


def _equal(results: Results, runs: Frame, scores: Frame) -> Frame:
    """Return each method's score where every method has done as many steps, and as many seconds.

    The steps are the fewest that any method of a cell has planned; the seconds are those in which
    the fastest one does all of its steps. How far a method comes in them is told by the median
    seconds of its finished runs at each step, for what else the machine did differs between runs.
    A run is scored between two recorded scores by the line between them, and by its last one from
    there on. A diverged run is worst, in either.

    Returns:
        cell, method, of cells with two methods or more and a result; n_planned: its runs; steps,
        seconds; done: steps of the method in these seconds, missing without a finished run that
        was timed; and at_steps, at_seconds: number, median, minimum and maximum of the scores, as
        costs, and the place of the median in its cell.
    """
    clocks, lines = _clocks(results, runs), _lines(results)
    rows = []
    for cell, its in scores.groupby("cell", observed=True):
        methods = its["method"].drop_duplicates().sort_values()
        if len(methods) < 2 or its["cost"].isna().all():
            continue
        known = clocks.get(cell, {})
        steps = int(results.runs.loc[results.runs["cell"] == cell, "steps"].min())
        seconds = min((clock.seconds for clock in known.values()), default=math.nan)
        for method in methods:
            mine = _records(its[its["method"] == method])
            done = known[method].steps_in(seconds) if method in known else math.nan
            rows.append({
                "cell": cell, "method": method, "n_planned": len(mine),
                "steps": steps, "seconds": seconds, "done": done,
                **_at_both(mine, lines, steps, done),
            })  # fmt: skip
    parts = [f"{way}_{part}" for way in WAYS for part in PARTS]
    return _placed(pd.DataFrame(rows, columns=[*EQUAL, *parts]))


def _at_both(rows: list[Any], lines: dict[str, Line], steps: float, done: float) -> dict[str, Any]:
    """Return spreads of a method's costs; where it has no clock, at seconds only if all failed."""
    at_steps, at_seconds = ([_cost(row, lines, n) for row in rows] for n in (steps, done))
    known = not math.isnan(done) or not np.isfinite(at_steps).any()
    return spread(at_steps, "at_steps") | spread(at_seconds if known else [], "at_seconds")


def _placed(frame: Frame) -> Frame:
    """Add the places of the medians in their cells; those that failed share the last one."""
    by_cell, places = frame.groupby("cell", sort=False), {}
    for way in WAYS:
        medians = by_cell[f"{way}_median"]
        failed = np.isinf(frame[f"{way}_median"].astype(float))
        places[f"{way}_place"] = medians.rank(method="min").mask(failed, medians.rank(method="max"))
    return frame.assign(**places)


def _lines(results: Results) -> dict[str, Line]:
    """Return the known costs of the score that leads over steps, by run id."""
    if not results.score_columns:
        return {}
    score = results.score_columns[0]
    rows = results.scores[["run_id", "step"]]
    return _by_run(rows.assign(cost=score.sign * results.scores[score.column]).dropna(), "cost")


def _records(frame: Frame) -> list[Any]:
    return frame.to_dict("records")


@dataclass(frozen=True)
class Clock:
    """How a method's steps take their time: the median over its finished runs.

    Args:
        step: of the places where it is known.
        second: of training up to each.
    """

    step: Any
    second: Any

    @property
    def seconds(self) -> float:
        """Of a whole run."""
        return float(self.second[-1])

    def steps_in(self, seconds: float) -> float:
        """Return the steps that are done in so many seconds, all of them from the last on."""
        return float(np.interp(seconds, self.second, self.step))


def _clocks(results: Results, runs: Frame) -> dict[str, dict[str, Clock]]:
    """Return the clock of every method of a cell that finished a run."""
    timing = _by_run(results.timing, "seconds")
    finished = runs[(runs["state"] == State.FINISHED) & runs["seconds"].notna()]
    found: dict[str, dict[str, Clock]] = {}
    for (cell, method), mine in finished.groupby(["cell", "method"], observed=True):
        lines = [timing[run_id] for run_id in mine["run_id"]]
        steps = np.union1d(0.0, np.concatenate([known for known, _ in lines]))
        each = [_seconds_at(line, steps) for line in lines]
        found.setdefault(cell, {})[method] = Clock(steps, np.median(each, axis=0))
    return found


def _cost(row: Any, lines: dict[str, Line], step: float) -> float:
    """Return the cost of a run at a step; infinite if it failed, NaN where it is not known."""
    if not math.isfinite(row["cost"]):
        return row["cost"]
    return float(np.interp(step, *lines[row["run_id"]]))


TOLD = {"at_steps": "at_steps_median", "at_seconds": "at_seconds_median",
        "n": "at_steps_n", "planned": "n_planned"}  # fmt: skip
"""What is told of both methods that change places, and what it is of each."""

SWAPPED = ("cell", "steps", "seconds", "first", "second",
           *(f"{name}_{place}" for name in TOLD for place in ("first", "second")))  # fmt: skip


def _swaps(equal: Frame) -> Frame:
    """Return the pairs of medians in one order for equal steps, in the other for equal seconds.

    Returns:
        cell, steps, seconds; first, second: the methods that are better for equal steps, and for
        equal seconds; and of both the medians, and how many of the planned runs have a result.
    """
    rows = []
    for _, mine in equal.groupby("cell", sort=False):
        for pair in combinations(_records(mine), 2):
            first, second = sorted(pair, key=lambda row: row["at_steps_median"])
            apart = first["at_steps_median"] < second["at_steps_median"]
            if apart and first["at_seconds_median"] > second["at_seconds_median"]:
                rows.append({
                    "cell": first["cell"], "steps": first["steps"], "seconds": first["seconds"],
                    "first": first["method"], "second": second["method"],
                    **{f"{name}_{place}": row[known] for name, known in TOLD.items()
                       for place, row in (("first", first), ("second", second))},
                })  # fmt: skip
    return pd.DataFrame(rows, columns=list(SWAPPED))


def _trade(results: Results, runs: Frame, scores: Frame) -> Frame:
    """Return seconds of a whole run against its final score, over finished and diverged runs.

    Returns:
        cell, method; seconds over finished runs, cost over runs with a result: number, median,
        minimum, maximum; best: whether no other method has medians at least as good in both, and
        one of them better.
    """
    rows = []
    seconds = runs.set_index("run_id")["seconds"]
    for cell, method, planned in groups(results):
        mine = scores[scores["run_id"].isin(planned["run_id"])]
        finished = mine[mine["state"] == State.FINISHED]
        took = spread(finished["run_id"].map(seconds).astype(float), "seconds")
        rows.append({"cell": cell, "method": method, **took, **spread(mine["cost"], "cost")})
    names = [f"{name}_{part}" for name in ("seconds", "cost") for part in PARTS]
    frame = pd.DataFrame(rows, columns=["cell", "method", *names])
    return frame.assign(best=[_undominated(frame, row) for row in _records(frame)])


def _undominated(frame: Frame, row: Any) -> bool:
    mine = (row["seconds_median"], row["cost_median"])
    if not all(map(math.isfinite, mine)):
        return False
    others = frame[frame["cell"] == row["cell"]][["seconds_median", "cost_median"]]
    return not any(
        a <= mine[0] and b <= mine[1] and (a, b) != mine for a, b in others.itertuples(index=False)
    )
