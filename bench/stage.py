"""Stages of a `bench run`: groups of runs that one engine executes, one group after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console

from bench.interrupts import Interrupts
from bench.needs import require_installed
from bench.order import ordered
from bench.progress import View, progress
from bench.shard import ALL, Shard
from runners.engines.base import Engine
from runners.engines.scheduler import Scheduler
from runners.errors import StoreProblem
from runners.options import Limits
from runners.spec import RunSpec
from runners.store.grid import GridStore
from runners.store.states import ENDED, State, Status

STATES = (
    State.FINISHED,
    State.DIVERGED,
    State.CRASHED,
    State.DAMAGED,
    State.BUSY,
    State.UNFINISHED,
)

DIVERGED = (
    "every run diverged: the report says how, and has no scores to compare; "
    "a smaller optimizer.lr is the first thing to try"
)
STOPPING = "stopping: every run in progress writes a checkpoint; Ctrl-C again stops at once"
REDO = "  --redo-damaged sets its folder aside, under damaged/, and runs it again"

Statuses = dict[str, Status]


class Stages:
    """What the stages of one command share.

    Args:
        store: the grid's results.
        console: to print to.
        interrupt: counts those of the user.
        engine: builds the engine, if there is anything to do.
        limits: of time and of attempts.
        shard: which share of each stage's runs is this command's.
    """

    def __init__(
        self,
        store: GridStore,
        console: Console,
        interrupt: Interrupts,
        engine: Callable[[], Engine],
        limits: Limits | None,
        shard: Shard = ALL,
    ) -> None:
        self.store, self.console, self.interrupt = store, console, interrupt
        self.engine, self.limits, self.shard = engine, limits, shard
        self.notes, self.scheduler = Notes(console), None
        self.recorded = False
        """Whether the plan was written."""
        self.failed = False
        """Whether a run crashed, is damaged or was not started."""

    def run(self, title: str, specs: Sequence[RunSpec], record: Callable[[], None]) -> None:
        """Run what is not done yet, unless the user interrupts it.

        Args:
            title: of the stage.
            specs: its runs, in order.
            record: writes the plan, once nothing is missing that the runs need.
        """
        todo, statuses = self._todo(title, specs), {}
        try:
            scheduler = self._prepared(todo) if todo else None
            record()
            self.recorded = True
            if scheduler:
                self._watch(title, scheduler, todo, statuses)
        except KeyboardInterrupt:
            self.interrupt.count += 1
        self._conclude(statuses, len(todo))
        if specs and all(self._diverged(statuses, spec) for spec in specs):
            self.console.print(DIVERGED)

    def _todo(self, title: str, specs: Sequence[RunSpec]) -> list[RunSpec]:
        """Return the runs that are not done yet, telling of the others."""
        store, tell = self.store, self.console.print
        if known := store.recognise(specs):
            tell(
                f"{known} stored runs of these specs stay in the folder: they belong to an earlier "
                "version, with other random numbers, and are not part of this plan"
            )
        mine = self.shard.share(specs)
        todo = [spec for spec in mine if not is_done(store, spec)]
        share = "" if self.shard == ALL else f", {len(mine)} of them in shard {self.shard}"
        done = f"{len(mine) - len(todo)} done already"
        tell(f"{title}: {len(specs)} runs{share}, {done}, results in {store.folder}")
        return todo

    def _prepared(self, todo: list[RunSpec]) -> Scheduler:
        """Return the scheduler, with what the runs need made ready."""
        require_installed(todo)
        self.store.require_writable()
        if self.scheduler:
            self.scheduler.prepare(todo)
            return self.scheduler
        self.scheduler = Scheduler(self.engine(), self.limits, self.notes)
        self.console.print("preparing data and scores")
        self.console.print("\n".join(self.scheduler.prepare(todo)))
        return self.scheduler

    def _watch(
        self, title: str, scheduler: Scheduler, todo: list[RunSpec], statuses: Statuses
    ) -> None:
        with progress(self.console, len(todo), title) as view:
            self.interrupt.gentle = True

            def update(running: Any) -> None:
                view.update(running)
                if self.interrupt.count and not scheduler.stopping:
                    scheduler.stop()
                    self.notes("interrupt", STOPPING)

            first = ordered(todo, self.store.runs_folder)
            for spec, status in scheduler.run(first, self.store, update):
                statuses[spec.run_id] = status
                _show(view, spec, status, self.store)
                if status.environment:
                    scheduler.stop()  # the disk or its permissions: other runs would fail as well
        self.interrupt.gentle = False

    def _conclude(self, statuses: Statuses, planned: int) -> None:
        counts = Counter(status.state for status in statuses.values())
        words = [f"{counts[state]} {_name(state)}" for state in STATES if counts[state]]
        left = planned - len(statuses)
        words += [f"{left} not started"] if left else []
        self.console.print(", ".join(words) or "nothing left to do")
        for run, status in statuses.items():
            self._explain(run, status)
        if counts[State.BUSY]:
            text = "busy: another process is at these runs; this one leaves them to it"
            self.console.print(text)
        self.failed |= bool(counts[State.CRASHED] or counts[State.DAMAGED] or left)

    def _diverged(self, statuses: Statuses, spec: RunSpec) -> bool:
        ended = statuses.get(spec.run_id)
        return (ended.state if ended else state_of(self.store, spec)) == State.DIVERGED

    def _explain(self, run: str, status: Status) -> None:
        if status.state not in (State.CRASHED, State.DAMAGED):
            return
        self.console.print(f"{status.state}: {run}: {status.reason}", markup=False)
        file = self.store.run(run).status_file
        if status.state == State.DAMAGED:
            self.console.print(REDO)
        elif status.traceback and file.exists():
            self.console.print(f"  traceback in {file}", markup=False)


class Notes:
    """What workers have to say besides results: each topic once, above any progress bars."""

    def __init__(self, console: Console) -> None:
        self.console, self.seen = console, set()

    def __call__(self, topic: str, text: str) -> None:
        """Print a note unless its topic was printed before."""
        if topic not in self.seen:
            self.seen.add(topic)
            self.console.print(f"note: {text}", markup=False, highlight=False)


def state_of(store: GridStore, spec: RunSpec) -> State:
    """Return how a run stands; damaged where its files are not what the suite wrote."""
    run = store.run(spec.run_id)
    try:
        run.check(spec)
        return run.status().state
    except StoreProblem:
        return State.DAMAGED


def is_done(store: GridStore, spec: RunSpec) -> bool:
    """Say whether a run is done and its files are sound."""
    return state_of(store, spec) in ENDED and store.run(spec.run_id).is_done()


def _show(view: View, spec: RunSpec, status: Status, store: GridStore) -> None:
    words = [spec.method_label, f"seed {spec.seed}", _name(status.state)]
    if status.reason:
        words.append(f"({status.reason})")
    if status.state == State.FINISHED:
        score = store.run(spec.run_id).last_row("scores") or {}
        words += [f"{name} {score[name]:.2f}" for name in ("fid", "is") if score.get(name)]
    if status.seconds is not None:
        words.append(f"{status.seconds:.1f} s")
    view.ended(" ".join(words), over=status.state not in (State.UNFINISHED, State.BUSY))


def _name(state: str) -> str:
    return "stopped" if state == State.UNFINISHED else state
