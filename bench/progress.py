"""Progress of a grid: bars and an ETA on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Running = dict[str, tuple[str, int, int]]


class View(Protocol):
    """What a running grid tells its viewer."""

    def update(self, running: Running) -> None:
        """Show the runs in progress: {run_id: (label, step, steps)}."""
        ...

    def ended(self, line: str) -> None:
        """Show that one run ended, in a line."""
        ...


@contextmanager
def progress(console: Console, total: int, title: str) -> Iterator[View]:
    """Give the view that fits the console, of so many runs under a title."""
    if not console.is_terminal:
        yield _Lines(console, total)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bars:
        yield _Bars(bars, total, title)


class _Lines:
    def __init__(self, console: Console, total: int) -> None:
        self.console, self.total, self.count = console, total, 0

    def update(self, running: Running) -> None:
        pass

    def ended(self, line: str) -> None:
        self.count += 1
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

    def ended(self, line: str) -> None:
        self.count += 1
        self.bars.update(self.grid, completed=self.count)
        self.bars.console.print(
            f"[{self.count}/{self.total}] {line}", markup=False, highlight=False
        )
