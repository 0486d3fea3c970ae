"""`bench status`: how a grid stands, read from its folder while others write there."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from runners.errors import StoreProblem
from runners.kinds import kind
from runners.store import imported
from runners.store.grid import GridStore
from runners.store.lease import Holder, lapse
from runners.store.run import RunStore
from runners.store.states import State, Status

RUNNING, SILENT, WAITING, STOPPED = "running", "silent", "waiting", "stopped"
ORDER = ("finished", "diverged", RUNNING, SILENT, STOPPED, WAITING, "crashed", "damaged")
FAILED = ("diverged", "crashed", "damaged")
FEW = 20  # of a list that are shown


@dataclass(frozen=True)
class Run:
    """How one run stands.

    Args:
        run_id, spec: which.
        state: its state, where it is unfinished in the words of this module.
        status: what is recorded of it.
        step: generator updates done.
        pace: seconds per step, None before the first.
        where: the process that is at it, in words.
    """

    run_id: str
    spec: Mapping[str, Any]
    state: str
    status: Status
    step: int
    pace: float | None
    where: str = ""

    @property
    def left(self) -> int:
        """Steps to do."""
        over = self.state in ("finished", "diverged") or imported.is_name(self.run_id)
        return 0 if over else max(0, int(self.spec.get("steps", 0)) - self.step)


def print_status(grid: GridStore) -> None:
    """Print how many runs are done, running, waiting and failed, and when the rest may be done.

    Raises:
        StoreProblem: the plan is damaged.
    """
    console = Console(soft_wrap=True)
    specs, tuning = planned(grid)
    runs = [look(grid.run(run_id), spec) for run_id, spec in specs.items()]
    counts = Counter(run.state for run in runs)
    words = ", ".join(f"{counts[state]} {state}" for state in ORDER if counts[state])
    console.print(f"{grid.folder}: {len(runs)} runs: {words or 'none is planned'}", markup=False)
    if tuning:
        console.print("  of the tuning; what confirms its choice is planned when they have ended")
    going = [run for run in runs if run.state in (RUNNING, SILENT)]
    if going:
        console.print(_table(going[:FEW]))
        _more(console, going)
    for line in _failures([run for run in runs if run.state in FAILED]):
        console.print(line, markup=False, highlight=False)
    console.print(_outlook(runs), markup=False, highlight=False)


def planned(grid: GridStore) -> tuple[dict[str, Any], bool]:
    """Return the specs of all runs a grid has to do, as far as they are known, by id.

    Returns:
        Them, and whether they are those of a tuning that has chosen nothing yet.

    Raises:
        StoreProblem: the plan is damaged.
    """
    plan = grid.plan()
    specs = plan.get("runs")
    if not isinstance(specs, dict):
        raise StoreProblem(f"{grid.plan_file}: lacks its runs; plan it again")
    tuning = grid.tuning() if "tuning" in plan else None
    if tuning is None:
        return specs, False
    return dict(tuning.runs) | (specs if tuning.winners else {}), not tuning.winners


def look(store: RunStore, spec: Mapping[str, Any]) -> Run:
    """Return how a run stands; a damaged status is one of its states."""
    try:
        status, timing = store.status(), store.last_row("timing") or {}
    except StoreProblem as problem:
        return Run(
            store.run_id, spec, "damaged", Status(State.DAMAGED, reason=str(problem)), 0, None
        )
    step, seconds = status.step or timing.get("step", 0), timing.get("seconds")
    pace = status.seconds_per_step or (seconds / step if step and seconds else None)
    state, where = str(status.state), ""
    if not status.ended:
        state, where = _going(store, status)
    return Run(store.run_id, spec, state, status, step, pace, where)


def _going(store: RunStore, status: Status) -> tuple[str, str]:
    """Return the state of a run that has not ended, and who is at it."""
    holder = store.holder()
    lives = store.holder_lives(holder)
    if lives is not False:
        age = time.time() - holder.sign / 1e9
        silent = age > lapse()
        return (SILENT if silent else RUNNING), _who(holder, lives, age)
    if status.state == State.CRASHED:
        return "crashed", ""
    return (WAITING if status.state == State.MISSING else STOPPED), ""


def _who(holder: Holder, here: bool | None, age: float) -> str:
    place = "here" if here else f"on {holder.host or '?'}"
    return f"process {holder.pid} {place}, sign {_span(max(0.0, age))} ago"


def _table(runs: Sequence[Run]) -> Table:
    table = Table(box=None, header_style="bold")
    table.add_column("run", overflow="fold")
    for name in ("step", "steps/s"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("where")
    for run in runs:
        rate = f"{1 / run.pace:.3g}" if run.pace else ""
        of = f"{run.step}/{run.spec.get('steps')}"
        table.add_row(*map(Text, (run.run_id, of, rate, run.where)))
    return table


def _failures(runs: Sequence[Run]) -> Iterator[str]:
    for run in runs[:FEW]:
        yield f"  {run.state}: {run.run_id}: {run.status.reason or 'no reason is recorded'}"
    if runs[FEW:]:
        yield f"  and {len(runs) - FEW} more failed"


def _more(console: Console, runs: Sequence[Run]) -> None:
    if runs[FEW:]:
        console.print(f"  and {len(runs) - FEW} more")


def _outlook(runs: Sequence[Run]) -> str:
    """Say when the rest may be done, at the pace of these runs and as many at once as now."""
    left = [run for run in runs if run.left]
    if not left:
        return "nothing left to do"
    seconds = _seconds(runs, left)
    if seconds is None:
        return f"{len(left)} runs left; nothing is known of their pace yet"
    going = sum(run.state == RUNNING for run in runs)
    words = f"{len(left)} runs left, about {_span(seconds)} of one process"
    if not going:
        return f"{words}; none is running: the same `bench run` goes on with them"
    end = time.strftime("%a %H:%M", time.localtime(time.time() + seconds / going))
    return f"{words}; with {going} at once as now until about {end}"


def _seconds(runs: Sequence[Run], left: Sequence[Run]) -> float | None:
    """Return the seconds of one process for what is left, None before the first pace."""
    paces: dict[str, list[float]] = {}
    for run in runs:
        if run.pace:
            paces.setdefault(kind(run.spec), []).append(run.pace)
    if not paces:
        return None
    middle = {which: median(found) for which, found in paces.items()}
    usual = median(middle.values())
    return sum(run.left * middle.get(kind(run.spec), usual) for run in left)


def _span(seconds: float) -> str:
    for unit, name in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"
