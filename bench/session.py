"""One `bench run` from plan to last status, and the exit code."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from rich.console import Console

from bench import tuned
from bench.budget import calibrated
from bench.calibrate import Make, alone
from bench.grid import Grid
from bench.interrupts import interrupts
from bench.plan import Former, require_budget, require_kept, write_plan
from bench.shard import ALL, Shard
from bench.stage import Stages
from runners.engines.base import Detached, Engine
from runners.options import Limits, Options
from runners.store.grid import GridStore

INTERRUPTED = 130
GONE = "{}: is gone: it was removed or renamed while its grid ran, and results are lost"
DETACHED = (
    "{said}; these go on by themselves\n"
    "next: bench status {folder}, or the same command again, which waits for the runs"
)
NOT_CALIBRATED = "interrupted: nothing is calibrated yet; the same command begins anew"
RESUME = "interrupted: run the same command again to go on where it stopped"


def run_grid(
    grid: Grid,
    out: Path,
    options: Options,
    make: Callable[[Options], Engine],
    limits: Limits | None = None,
    former: Former | None = None,
    shard: Shard = ALL,
    one: Make = alone,
) -> int:
    """Run what is not done yet; with tuning, every method's trials first, then what they chose.

    Args:
        grid: what to run.
        out: results go to out/<grid>.
        options: how and where to run.
        make: builds the engine, if there is anything to do.
        limits: of time and of attempts.
        former: what becomes of runs that were planned before and are not part of this.
        shard: which share of the runs is this command's.
        one: builds an engine of one worker of this machine, where a budget is calibrated.

    Returns:
        The exit code: 0, also where a batch system has the rest, 1 if a run crashed or is damaged,
        130 if interrupted.

    Raises:
        UserProblem: the plan would leave out runs that were planned before.
    """
    console = Console(soft_wrap=True)
    store = GridStore(out / grid.name)
    say = partial(console.print, markup=False, highlight=False)
    require_budget(grid, store, former)
    with interrupts():
        try:
            grid = calibrated(grid, store, options, say, one)
        except KeyboardInterrupt:
            say(NOT_CALIBRATED)
            return INTERRUPTED
    for said in require_kept(grid, store, former):
        say(said)
    with interrupts() as interrupt, ExitStack() as engines:
        engine = lambda: engines.enter_context(make(options))  # noqa: E731
        stages = Stages(store, console, interrupt, engine, limits, shard)
        try:
            if grid.tuning:
                tuned.run(stages, grid, grid.tuning, former)
            else:
                record = lambda: write_plan(grid, store, grid.specs, former=former)  # noqa: E731
                stages.run(grid.name, grid.specs, record)
        except Detached as said:
            words = DETACHED.format(said=said, folder=store.folder)
            console.print(words, markup=False, highlight=False)
            return 0
        except KeyboardInterrupt:
            interrupt.count += 1
    there = _say_next(stages)
    if interrupt.count:
        console.print(RESUME)
        return INTERRUPTED
    return 1 if stages.failed or not there else 0


def _say_next(stages: Stages) -> bool:
    """Say what to do with the results, and return False if they were there and are gone."""
    store = stages.store
    if store.plan_file.exists():
        stages.console.print(f"next: bench report {store.folder}")
    elif stages.recorded:
        stages.console.print(GONE.format(store.folder))
        return False
    return True
