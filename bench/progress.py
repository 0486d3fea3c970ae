"""Progress of a grid: bars and an ETA on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    track,
)
from rich.table import Column

WIDE, NARROW = 70, 40  # columns from which there is room for a bar, and for the time so far
T = TypeVar("T")
Running = dict[str, tuple[str, int, int]]


class View(Protocol):
    """What a running grid tells its viewer."""

    def update(self, running: Running) -> None:
        """Show the runs in progress: {run_id: (label, step, steps)}."""
        ...

    def ended(self, line: str, over: bool = True) -> None:
        """Show in a line that nothing works on a run any more, and whether it is over for good."""
        ...


@contextmanager
def progress(console: Console, total: int, title: str) -> Iterator[View]:
    """Give the view that fits the console, of so many runs under a title."""
    if not console.is_terminal:
        yield _Lines(console, total)
        return
    with Progress(*_columns(console.width), console=console, expand=console.width < WIDE) as bars:
        yield _Bars(bars, total, title)


def seen(items: Sequence[T], title: str, console: Console) -> Iterable[T]:
    """Return items with a bar on a terminal."""
    return track(items, title, console=console, disable=not console.is_terminal, transient=True)


def _columns(width: int) -> list[ProgressColumn]:
    """Return what fits: on a narrow terminal no bar, and names are cut before numbers."""
    name = Column(ratio=1, no_wrap=True, overflow="ellipsis") if width < WIDE else None
    whole = Column(no_wrap=True)
    return [
        TextColumn("{task.description}", markup=False, table_column=name),
        *([] if width < WIDE else [BarColumn()]),
        MofNCompleteColumn(table_column=whole),
        *([] if width < NARROW else [TimeElapsedColumn(table_column=whole)]),
        TimeRemainingColumn(table_column=whole),
    ]


class _Lines:
    def __init__(self, console: Console, total: int) -> None:
        self.console, self.total, self.count = console, total, 0

    def update(self, running: Running) -> None:
        pass

    def ended(self, line: str, over: bool = True) -> None:
        self.count += over
        self.console.print(f"[{self.count}/{self.total}] {line}", markup=False, highlight=False)


class _Bars:
    """One bar per run in progress, measured in steps, and one for all of them, measured in runs."""

    def __init__(self, bars: Progress, total: int, title: str) -> None:
        self.bars, self.count, self.total = bars, 0, total
        self.grid = bars.add_task(title, total=total)
        self.tasks: dict[str, TaskID] = {}

    def update(self, running: Running) -> None:
        for run_id in set(self.tasks) - set(running):
            self.bars.remove_task(self.tasks.pop(run_id))
        for run_id, (label, step, steps) in running.items():
            if run_id not in self.tasks:
                self.tasks[run_id] = self.bars.add_task(label, total=steps)
            self.bars.update(self.tasks[run_id], completed=step)

    def ended(self, line: str, over: bool = True) -> None:
        self.count += over
        self.bars.update(self.grid, completed=self.count)
        self.bars.console.print(
            f"[{self.count}/{self.total}] {line}", markup=False, highlight=False
        )
