"""A budget in seconds as steps: as many as a kind of run does in them, by a calibration kept.

The first `bench run` of a grid measures every kind of run and writes what it found beside the
plan; from then on steps come from there, so that the runs of a resumed or extended grid have the
same ids on any machine. What ids are made of knows nothing of budgets: a spec has steps.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bench.calibrate import PROBE, Make, alone, measured, names, trained
from bench.grid import Grid
from bench.grid.budget import STAND_IN
from runners import identity
from runners.errors import StoreProblem, UserProblem
from runners.options import Options
from runners.spec import RunSpec, from_stored, under_seed
from runners.store import calibration
from runners.store.calibration import Measured
from runners.store.grid import GridStore, seconds_of

Calibration = Mapping[str, Measured]

SHARDED = (
    "{file}: does not know {kinds} yet, and shards that calibrated themselves would have other "
    "steps. Start the same command without --shard once, end it when it says that it is "
    "calibrated, and give every shard that file"
)
ELSEWHERE = (
    "{file}: does not know {kinds} yet. Start the same command with --engine local where the runs "
    "will be, end it when it says that it is calibrated, then use --engine {engine}"
)
GROWS = (
    "base.budget: a step of {model} costs more with every phase, so no calibration of its first "
    "steps gives a number of them; give base.steps"
)


def unknown(grid: Grid, store: GridStore) -> list[list[RunSpec]]:
    """Return the specs of every kind whose pace a grid's calibration lacks, none without a budget.

    Those of a kind differ in what changes no pace, in numbers such as a learning rate among it;
    each stands there under one seed.

    Raises:
        StoreProblem: the calibration is damaged.
        UserProblem: a kind has no pace of its own.
    """
    if grid.budget is None:
        return []
    known = calibration.read(store.folder)
    found: dict[str, dict[RunSpec, None]] = {}
    for spec in grid.specs:
        if getattr(spec.model, "grows", False):
            raise UserProblem(GROWS.format(model=spec.model.name))
        which = calibration.key(trained(spec))
        if which not in known:
            found.setdefault(which, {})[under_seed(spec, 0)] = None
    return [list(specs) for specs in found.values()]


def require_known(grid: Grid, out: Path, engine: str, sharded: bool) -> None:
    """Refuse to calibrate for shards, or here for what will run elsewhere.

    Args:
        grid: with or without a budget.
        out: results go to out/<grid>.
        engine: the name of the one that will run it.
        sharded: whether this is a share of the runs.

    Raises:
        UserProblem: what to do first.
    """
    store = GridStore(out / grid.name)
    if not (sharded or engine != "local") or not (lacking := unknown(grid, store)):
        return
    text = SHARDED if sharded else ELSEWHERE
    file = calibration.file(store.folder)
    raise UserProblem(
        text.format(file=file, kinds=names(kind[0] for kind in lacking), engine=engine)
    )


def calibrated(
    grid: Grid, store: GridStore, options: Options, tell: Callable[[str], None], one: Make = alone
) -> Grid:
    """Return a grid with its steps, after measuring the kinds of runs whose pace is not known.

    Args:
        grid: with or without a budget.
        store: its results, where the calibration is kept.
        options: how to run.
        tell: is told what is measured, and what was found.
        one: builds an engine of one worker, where it is measured.

    Raises:
        UserProblem: what is missing to run them, or a budget that is too small or too large.
    """
    if grid.budget is None:
        return grid
    if lacking := unknown(grid, store):
        store.require_writable()
        which = names(kind[0] for kind in lacking)
        tell(f"calibrating: up to {PROBE} steps of {which}, one run at a time")
        _keep(store, measured(lacking, options, one))
    known = calibration.read(store.folder)
    tell(_words(grid, known, store))
    return with_steps(grid, known)


def require_entries(store: GridStore) -> None:
    """Refuse a plan of a budget where the calibration lacks what gave its runs their steps.

    Args:
        store: a grid's results, planned or not, with or without a budget.

    Raises:
        StoreProblem: the plan is damaged, or the calibration is damaged, gone or lost entries.
    """
    plan = store.plan() if store.plan_file.exists() else {}
    if seconds_of(plan, store.plan_file) is None:
        return
    file, known = calibration.file(store.folder), calibration.read(store.folder)
    specs = (_stored(spec) for spec in plan.get("runs", {}).values() if not identity.earlier(spec))
    lost = [spec for spec in specs if spec and calibration.key(trained(spec)) not in known]
    if lost or not known:
        gone = f"lacks {names(lost)}" if known else "is gone"
        raise StoreProblem(
            f"{file}: {gone}, which gave planned runs their steps; bring it back as it was, or "
            "choose --out OTHER for `bench run`, which calibrates the grid anew there"
        )


def _stored(spec: Mapping[str, Any]) -> RunSpec | None:
    """Return a planned spec, None where it has parts that this process does not know."""
    try:
        return from_stored(spec)
    except ValidationError:
        return None


def _keep(store: GridStore, found: Sequence[Measured]) -> None:
    """Add what was measured to the calibration; what another command added meanwhile stands."""
    with store.planning():
        before = calibration.read(store.folder)
        more = {one.key: one for one in found if one.key not in before}
        calibration.write(store.folder, [*before.values(), *more.values()])


def with_steps(grid: Grid, known: Calibration) -> Grid:
    """Return a grid whose specs have the steps of its budget.

    Raises:
        UserProblem: the budget allows too few or too many, or they fit no schedule.
    """
    assert grid.budget is not None
    made: dict[RunSpec, RunSpec] = {}
    for spec in grid.specs:
        plain = under_seed(spec, 0)
        if plain not in made:
            made[plain] = _with(plain, known[calibration.key(trained(spec))], grid.budget)
    specs = tuple(under_seed(made[under_seed(spec, 0)], spec.seed) for spec in grid.specs)
    return dataclasses.replace(grid, specs=specs)


def _with(spec: RunSpec, pace: Measured, budget: float) -> RunSpec:
    steps = steps_in(budget, pace.seconds_per_step)
    where = f"base.budget: {budget:g} s are {steps:,} steps of {spec.method_label}"
    if steps < 1:
        raise UserProblem(f"{where}, of {pace.seconds_per_step:.3g} s each; allow more")
    if steps > STAND_IN:
        raise UserProblem(f"{where}; at most {STAND_IN:,} can be done, allow less")
    try:
        return dataclasses.replace(spec, steps=steps, plugins=())
    except ValidationError as errors:
        said = "; ".join(error["msg"] for error in errors.errors(include_url=False))
        raise UserProblem(f"{where}: {said}") from errors


def steps_in(budget: float, seconds_per_step: float) -> int:
    """Return the whole steps that a budget allows; the last one is logged, whatever it is."""
    return int(budget / seconds_per_step)


def _words(grid: Grid, known: Calibration, store: GridStore) -> str:
    """Say how many steps each kind of run is given."""
    assert grid.budget is not None
    given: dict[str, dict[int, None]] = {}
    for spec in grid.specs:
        pace = known[calibration.key(trained(spec))]
        steps = steps_in(grid.budget, pace.seconds_per_step)
        given.setdefault(spec.method_label, {})[steps] = None
    each = "; ".join(f"{m} {' or '.join(f'{n:,}' for n in steps)}" for m, steps in given.items())
    return f"calibrated: steps in {grid.budget:g} s: {each}; {calibration.file(store.folder)}"
