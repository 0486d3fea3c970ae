"""A grid with tuning, in two stages: the trials of every method, then default and winner anew.

Winners are chosen once every trial has ended, from stored scores against the validation split
alone; they are then confirmed on seeds that no trial had.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping

from bench.grid import Grid
from bench.grid.trials import Trial, Tuning
from bench.plan import Former, write_plan
from bench.shard import ALL
from bench.stage import Stages, is_done
from runners.errors import StoreProblem
from runners.spec import RunSpec
from runners.store.grid import GridStore
from runners.store.states import State
from runners.tuning.plan import DEFAULT, TUNED, Point, TuningPlan
from runners.tuning.select import run_cost, trial_cost, winner

OTHERS = (
    "once the other shards have ended, the same command goes on: in one folder with them, or in "
    "the folder that `bench merge` makes of all"
)
TRIALS, CONFIRMATION = "tuning", "confirmation"
"""The titles of the stages."""

Costs = Mapping[str, Mapping[int, float]]
"""Method -> trial -> what it costs."""

Winners = Mapping[str, int]


def run(stages: Stages, grid: Grid, tuning: Tuning, former: Former | None = None) -> None:
    """Run the trials that are not done, choose, and run what confirms the choice.

    Args:
        stages: of this command.
        grid, tuning: what to run.
        former: what becomes of runs that were planned before and are not part of this.

    Raises:
        StoreProblem: no trial has the score to choose by.
    """
    store = stages.store

    def record() -> None:
        if left(tuning, store):  # else the choice is made at once, and nothing forgets it
            write_plan(grid, store, grid.specs, planned(tuning), former)

    stages.run(TRIALS, tuning.specs, record)
    if count := left(tuning, store):
        words = f"{count} of the {len(tuning.specs)} runs of the tuning have not ended"
        stages.console.print(f"nothing is chosen yet: {words}")
        if stages.shard == ALL:
            stages.failed = True
        else:
            stages.console.print(OTHERS)
    elif not stages.interrupt.count:
        found = costs(tuning, store)
        winners = chosen(found)
        for line in described(tuning, found, winners):
            stages.console.print(line, markup=False, highlight=False)
        plan, specs = planned(tuning, winners), confirming(tuning, winners)
        stages.run(CONFIRMATION, specs, lambda: write_plan(grid, store, specs, plan, former))


def left(tuning: Tuning, store: GridStore) -> int:
    """Return how many runs of the trials have not ended."""
    return sum(not is_done(store, spec) for spec in tuning.specs)


def costs(tuning: Tuning, store: GridStore) -> dict[str, dict[int, float]]:
    """Return what every trial of every method costs, by the stored scores.

    Raises:
        StoreProblem: runs finished, but none has the score to choose by.
    """
    rows = {spec.run_id: _final(store, spec) for spec in tuning.specs}
    column, lower = tuning.select.column, tuning.select.lower_is_better
    if any(rows.values()) and not any(column in (row or {}) for row in rows.values()):
        raise StoreProblem(
            f"{store.folder}: no finished run has {column}, by which winners are chosen; they were "
            "scored without it, so tune under another --out"
        )
    paid = {run: run_cost((row or {}).get(column), lower) for run, row in rows.items()}
    found: dict[str, dict[int, float]] = {}
    for point in tuning.points:
        cost = trial_cost(paid[spec.run_id] for spec in point.specs)
        found.setdefault(point.method, {})[point.number] = cost
    return found


def chosen(found: Costs) -> dict[str, int]:
    """Return the trial of every method that wins."""
    return {method: winner(mine) for method, mine in found.items()}


def _final(store: GridStore, spec: RunSpec) -> dict[str, float] | None:
    """Return the last scores of a run that finished, else None."""
    run = store.run(spec.run_id)
    return run.last_row("scores") if run.status().state == State.FINISHED else None


def described(tuning: Tuning, found: Costs, winners: Winners) -> Iterator[str]:
    """Yield a line for each method: its winner, and what the default came to."""
    select, seeds = tuning.select, len(tuning.seeds)
    mean = f"mean of {seeds} seeds" if seeds > 1 else "one seed"
    yield f"chosen by {select.column} at the {select.at} step, {mean}, {tuning.trials} trials each:"
    sign = 1 if select.lower_is_better else -1
    for point in tuning.points:
        mine = found[point.method]
        if winners[point.method] == point.number:
            score, default = (_shown(sign * mine[n]) for n in (point.number, 0))
            yield f"  {point.method}: {_settings(point)}: {score}; the default: {default}"


def _settings(point: Trial) -> str:
    words = ", ".join(f"{key}={value}" for key, value in point.settings.items())
    return f"trial {point.number}, {words or 'the default'}"


def _shown(score: float) -> str:
    return f"{score:.4g}" if math.isfinite(score) else "failed"


def confirming(tuning: Tuning, winners: Winners) -> tuple[RunSpec, ...]:
    """Return the runs of default and winner, each once: seeds outermost, methods innermost."""
    columns = [
        tuning.confirmed(method, trial) for method, best in winners.items() for trial in (0, best)
    ]
    rows = zip(*columns, strict=True)
    return tuple({spec.run_id: spec for row in rows for spec in row}.values())


def planned(tuning: Tuning, winners: Winners | None = None) -> TuningPlan:
    """Return the tuning as the plan records it: with winners, once they are chosen."""

    def names(specs: tuple[RunSpec, ...]) -> tuple[str, ...]:
        return tuple(spec.run_id for spec in specs)

    found = TuningPlan(
        trials=tuning.trials,
        seeds=tuning.seeds,
        confirmation=tuning.confirmation,
        select=tuning.select,
        space=tuning.space,
        dimensions={m: tuple(d.key for d in tuning.space.of(m)) for m in tuning.methods},
        points=tuple(Point(p.method, p.number, p.settings, names(p.specs)) for p in tuning.points),
        runs={spec.run_id: spec.as_dict for spec in tuning.specs},
    )
    if winners is None:
        return found
    return dataclasses.replace(
        found,
        winners=dict(winners),
        cells={
            DEFAULT: {method: names(tuning.confirmed(method, 0)) for method in winners},
            TUNED: {method: names(tuning.confirmed(method, n)) for method, n in winners.items()},
        },
    )  # fmt: skip
