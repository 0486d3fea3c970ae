"""One `bench run` from plan to last status: what is printed, and the exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.grid import Grid
from bench.interrupts import Interrupts, interrupts
from bench.progress import View, progress
from runners.engines.base import Engine
from runners.engines.scheduler import Scheduler
from runners.errors import StoreProblem
from runners.options import Limits, Options
from runners.spec import RunSpec
from runners.store.grid import GridStore
from runners.store.states import ENDED, State, Status

INTERRUPTED = 130
STATES = (
    State.FINISHED,
    State.DIVERGED,
    State.CRASHED,
    State.DAMAGED,
    State.BUSY,
    State.UNFINISHED,
)

STOPPING = "stopping: every run in progress writes a checkpoint; Ctrl-C again stops at once"
RESUME = "interrupted: run the same command again to go on where it stopped"
REDO = "  --redo-damaged sets its folder aside, under damaged/, and runs it again"

Statuses = dict[str, Status]


def print_plan(grid: Grid, out: Path) -> None:
    """Print every run of a grid and whether it is done already."""
    store = GridStore(out / grid.name)
    store.recognise(grid.specs)
    table = Table("run", "method", "seed", "steps", "state", box=None, header_style="bold")
    for spec in grid.specs:
        row = (spec.run_id, spec.method_label, str(spec.seed), str(spec.steps), _state(store, spec))
        table.add_row(*(escape(text) for text in row))
    console = Console()
    console.print(table)
    console.print(f"{len(grid.specs)} runs of {grid.name} in {store.folder}; nothing was run")


def _state(store: GridStore, spec: RunSpec) -> State:
    run = store.run(spec.run_id)
    try:
        run.check(spec)
        return run.status().state
    except StoreProblem:
        return State.DAMAGED


def run_grid(
    grid: Grid,
    out: Path,
    options: Options,
    make: Callable[[Options, int | None], Engine],
    workers: int | None = None,
    limits: Limits | None = None,
) -> int:
    """Run what is not done yet.

    Args:
        grid: what to run.
        out: results go to out/<grid>.
        options: how and where to run.
        make: builds the engine, if there is anything to do.
        workers: runs at once; None for the engine's own choice.
        limits: of time and of attempts.

    Returns:
        The exit code: 0, 1 if a run crashed or is damaged, 130 if interrupted.
    """
    console = Console(soft_wrap=True)
    store = GridStore(out / grid.name)
    store.require_writable()
    todo = _todo(grid, store, console)
    notes = Notes(console)
    statuses: Statuses = {}
    engine = make(options, workers) if todo else None
    scheduler = Scheduler(engine, limits, notes) if engine else None
    with interrupts() as interrupt, engine or nullcontext():
        try:
            if scheduler:
                console.print("preparing data and scores")
                console.print("\n".join(scheduler.prepare(todo)))
            _write_plan(grid, store)
            if scheduler:
                _watch(scheduler, todo, store, notes, interrupt, statuses)
        except KeyboardInterrupt:
            interrupt.count += 1
    code = _conclude(statuses, len(todo), store, console)
    if interrupt.count:
        console.print(RESUME)
    return INTERRUPTED if interrupt.count else code


def _todo(grid: Grid, store: GridStore, console: Console) -> list[RunSpec]:
    """Return the runs that are not done yet, telling of the others."""
    if known := store.recognise(grid.specs):
        console.print(f"known from an earlier version, in folders of its own: {known} of the runs")
    todo = [spec for spec in grid.specs if not _is_done(store, spec)]
    skipped = len(grid.specs) - len(todo)
    console.print(
        f"{grid.name}: {len(grid.specs)} runs, {skipped} done already, results in {store.folder}"
    )
    return todo


def _write_plan(grid: Grid, store: GridStore) -> None:
    runs = {store.run(spec.run_id).run_id: spec.as_dict for spec in grid.specs}
    metrics = dict.fromkeys(m for spec in grid.specs for m in spec.evaluation.metrics)
    columns = {column.name: column for metric in metrics for column in metric.all_columns()}
    store.write_plan(grid.name, runs, grid.description, grid.axes, columns.values())


class Notes:
    """What workers have to say besides results: each topic once, above any progress bars."""

    def __init__(self, console: Console) -> None:
        self.console, self.seen = console, set()

    def __call__(self, topic: str, text: str) -> None:
        """Print a note unless its topic was printed before."""
        if topic not in self.seen:
            self.seen.add(topic)
            self.console.print(f"note: {text}", markup=False, highlight=False)


def _is_done(store: GridStore, spec: RunSpec) -> bool:
    """Say whether a run is done and its files are sound."""
    return _state(store, spec) in ENDED and store.run(spec.run_id).is_done()


def _watch(
    scheduler: Scheduler,
    todo: list[RunSpec],
    store: GridStore,
    notes: Notes,
    interrupt: Interrupts,
    statuses: Statuses,
) -> None:
    with progress(notes.console, len(todo)) as view:
        interrupt.gentle = True

        def update(running: Any) -> None:
            view.update(running)
            if interrupt.count and not scheduler.stopping:
                scheduler.stop()
                notes("interrupt", STOPPING)

        for spec, status in scheduler.run(todo, store, update):
            statuses[spec.run_id] = status
            _show(view, spec, status, store)
            if status.environment:
                scheduler.stop()  # the disk or its permissions: other runs would fail as well


def _show(view: View, spec: RunSpec, status: Status, store: GridStore) -> None:
    words = [spec.method_label, f"seed {spec.seed}", _name(status.state)]
    if status.reason:
        words.append(f"({status.reason})")
    if status.state == State.FINISHED:
        score = store.run(spec.run_id).last_row("scores") or {}
        words += [f"{name} {score[name]:.2f}" for name in ("fid", "is") if score.get(name)]
    if status.seconds is not None:
        words.append(f"{status.seconds:.1f} s")
    view.ended(" ".join(words))


def _name(state: str) -> str:
    return "stopped" if state == State.UNFINISHED else state


def _conclude(statuses: Statuses, planned: int, store: GridStore, console: Console) -> int:
    counts = Counter(status.state for status in statuses.values())
    words = [f"{counts[state]} {_name(state)}" for state in STATES if counts[state]]
    left = planned - len(statuses)
    words += [f"{left} not started"] if left else []
    console.print(", ".join(words) or "nothing left to do")
    for run, status in statuses.items():
        _explain(run, status, store, console)
    if counts[State.BUSY]:
        console.print("busy: another process is at these runs; this one leaves them to it")
    console.print(f"next: bench report {store.folder}")
    return 1 if counts[State.CRASHED] or counts[State.DAMAGED] or left else 0


def _explain(run: str, status: Status, store: GridStore, console: Console) -> None:
    if status.state not in (State.CRASHED, State.DAMAGED):
        return
    console.print(f"{status.state}: {run}: {status.reason}", markup=False)
    if status.state == State.DAMAGED:
        console.print(REDO)
    elif status.traceback and store.run(run).status_file.exists():
        console.print(f"  traceback in {store.run(run).status_file}", markup=False)
