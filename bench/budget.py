"""A budget in seconds as steps: as many as a kind of run does in them, by a calibration kept.

The first `bench run` of a grid measures every kind of run and writes what it found beside the
plan; from then on steps come from there, so that the runs of a resumed or extended grid have the
same ids on any machine. What ids are made of knows nothing of budgets: a spec has steps.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from bench.cost import probed
from bench.grid import Grid
from bench.grid.budget import STAND_IN
from runners import identity
from runners.engines import chosen
from runners.engines.base import Engine
from runners.engines.resources import Resources
from runners.engines.scheduler import Watcher
from runners.errors import StoreProblem, UserProblem
from runners.kinds import without_floats
from runners.options import Options
from runners.schedules import Constant
from runners.spec import RunSpec, from_stored, under_seed
from runners.store import calibration
from runners.store.calibration import Measured
from runners.store.grid import GridStore, seconds_of
from runners.store.proof import ran_on
from runners.store.run import RunStore
from runners.store.states import State

NOT_PACE = (
    "seed", "steps", "evaluation", "log_every", "diagnostics_every", "force", "plugins",
)  # fmt: skip
"""Fields of a spec that change no step's seconds."""

MACHINE = ("cpu", "device", "instructions", "threads", "torch")
"""What of a run's proof says where it was timed."""

PROBE, WARM, LOG_EVERY = 500, 50, 10  # steps of a probe, those left out, between times
LEAST, LIMIT = 100, 5.0  # steps that are done however long they take; seconds for more
SAMPLES = 100  # of the scorings of a probe, which are not timed, where its metrics allow so few

ROUNDS = (0, 2)
"""Seeds of the probes of a kind: one after those of all other kinds, and the faster one counts, for
what else a machine does makes steps slower and never faster."""

Calibration = Mapping[str, Measured]


class Timed(NamedTuple):
    """What a probe shows of its kind; the better one is the smaller.

    Args:
        cut: whether it ended before LEAST steps.
        seconds_per_step: the mean, for what is done every few steps alone is part of it.
        steps: that were timed.
        machine: where.
    """

    cut: bool
    seconds_per_step: float
    steps: int
    machine: dict[str, str]

    def better(self, other: Timed | None) -> Timed:
        """Return the better one of two."""
        return self if other is None or self[:2] < other[:2] else other


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


def trained(spec: RunSpec) -> dict[str, Any]:
    """Return what of a spec decides the seconds of its steps, the same for later versions."""
    kept = {k: v for k, v in identity.distinct(spec).items() if k not in NOT_PACE}
    found: dict[str, Any] = without_floats(kept)
    return found | ({"ema": True} if spec.ema else {})


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


def names(specs: Iterable[RunSpec]) -> str:
    """Return the methods of specs in words."""
    return ", ".join(dict.fromkeys(spec.method_label for spec in specs))


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


def alone(options: Options, devices: Sequence[str] = ()) -> Engine:
    """Return an engine of one worker of this machine.

    Args:
        options: how to run.
        devices: those asked for, of which the first is taken; none leaves the choice to it.
    """
    return chosen("local").made(Resources(workers=1, devices=tuple(devices[:1])), options)


Make = Callable[[Options], Engine]


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


def measured(
    kinds: Sequence[Sequence[RunSpec]], options: Options, one: Make = alone
) -> list[Measured]:
    """Return the pace of every kind, one run at a time on this machine.

    Of a kind whose first spec ends early, as one that diverges, the next is tried; where all end
    early, the steps that they did before count.

    Args:
        kinds: the specs of each.
        options: how to run.
        one: builds an engine of one worker.

    Raises:
        UserProblem: what is missing to run them, or a kind crashed.
    """
    best: dict[int, Timed] = {}
    for tried in zip_longest(*kinds):
        left = {n: s for n, s in enumerate(tried) if s and (n not in best or best[n].cut)}
        if not left:
            break
        short = [_probe(spec, seed) for seed in ROUNDS for spec in left.values()]
        found = probed(short, options, one, _limit, _timed)
        for place, timed in zip([*left] * len(ROUNDS), found, strict=True):
            if timed:
                best[place] = timed.better(best.get(place))
    if none := [specs[0] for place, specs in enumerate(kinds) if place not in best]:
        raise UserProblem(
            f"base.budget: {names(none)} did not come as far as {LEAST} steps, so nothing is "
            "calibrated; base.steps would show how it ends"
        )
    today = time.strftime("%Y-%m-%d", time.gmtime())
    return [
        Measured(trained(specs[0]), best[n].seconds_per_step, best[n].steps, today, best[n].machine)
        for n, specs in enumerate(kinds)
    ]


def _probe(spec: RunSpec, seed: int) -> RunSpec:
    least = max((SAMPLES, *(metric.least for metric in spec.evaluation.metrics)))
    few = min(spec.evaluation.samples, least)
    once = dataclasses.replace(spec.evaluation, every=STAND_IN, samples=few)
    return dataclasses.replace(
        spec,
        seed=seed,
        steps=PROBE,
        log_every=LOG_EVERY,
        diagnostics_every=STAND_IN,
        evaluation=once,
        schedule=Constant(),
    )


def _limit(engine: Engine) -> Watcher:
    """Return what ends probes that have trained long enough; they score before their first step."""
    began: dict[str, float] = {}

    def watch(running: Mapping[str, tuple[str, int, int]]) -> None:
        for run, (_, step, _) in running.items():
            if step == 0:
                continue
            taken = time.monotonic() - began.setdefault(run, time.monotonic())
            if step >= LEAST and taken > LIMIT:
                engine.stop(run)

    return watch


def _timed(run: RunStore) -> Timed | None:
    """Return what a probe shows, after its first steps if it can; None where it did not end well.

    One that diverges is a result, as it is of a run.
    """
    rows = list(run.rows("timing"))
    if len(rows) < 2:
        return None
    cut = rows[-1]["step"] < LEAST
    if cut and run.status().state != State.DIVERGED:
        return None
    warm = [row for row in rows if row["step"] >= (LOG_EVERY if cut else WARM)]
    first, last = (warm if len(warm) > 1 else rows)[0], rows[-1]
    seconds, steps = (last[name] - first[name] for name in ("seconds", "step"))
    ran = ran_on(run.proof() or _proof_so_far(run))
    machine = {name: ran[name] for name in MACHINE if name in ran}
    return Timed(cut, seconds / steps, steps, machine)


def _proof_so_far(run: RunStore) -> dict[str, str]:
    """Return the proof of a probe that was stopped, as its checkpoint holds it."""
    from runners import checkpoint  # imports torch

    saved = checkpoint.load(run)
    return saved["proof"] if saved else {}


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
