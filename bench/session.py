"""One `bench run` from plan to last status: what is printed, and the exit code."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.grid import Grid
from bench.progress import progress
from runners.engines.local import LocalEngine
from runners.options import Options
from runners.spec import RunSpec
from runners.store import BUSY, CRASHED, DIVERGED, FINISHED, GridStore

INTERRUPTED = 130


def print_plan(grid: Grid, out: Path) -> None:
    """Print every run of a grid and whether it is done already."""
    store = GridStore(out / grid.name)
    table = Table("run", "method", "seed", "steps", "state", box=None, header_style="bold")
    for spec in grid.specs:
        state = store.run(spec.run_id).status()["state"]
        row = (spec.run_id, spec.method_label, str(spec.seed), str(spec.steps), state)
        table.add_row(*(escape(text) for text in row))
    console = Console()
    console.print(table)
    console.print(f"{len(grid.specs)} runs of {grid.name} in {store.folder}; nothing was run")


def run_grid(grid: Grid, out: Path, options: Options, workers: int) -> int:
    """Run what is not done yet and return the exit code: 0, 1 after crashes, 130 interrupted."""
    console = Console(soft_wrap=True)
    store = GridStore(out / grid.name)
    todo = [spec for spec in grid.specs if not store.run(spec.run_id).is_done()]
    skipped = len(grid.specs) - len(todo)
    console.print(
        f"{grid.name}: {len(grid.specs)} runs, {skipped} done already, results in {store.folder}"
    )
    statuses: dict[str, dict[str, Any]] = {}
    if todo:
        engine = LocalEngine(min(workers, len(todo)), options)
        try:
            with engine.open():
                console.print("preparing data and scores (a classifier is trained once a data set)")
                for line in engine.prepare(todo):
                    console.print(line)
                store.write_plan(grid.name, {spec.run_id: spec.as_dict for spec in grid.specs})
                statuses = _watch(engine, todo, store, console)
        except KeyboardInterrupt:
            console.print("interrupted: run the same command again to go on")
            return INTERRUPTED
    else:
        store.write_plan(grid.name, {spec.run_id: spec.as_dict for spec in grid.specs})
    return _conclude(statuses, store, console)


def _watch(
    engine: LocalEngine, todo: list[RunSpec], store: GridStore, console: Console
) -> dict[str, dict[str, Any]]:
    statuses = {}
    with progress(console, len(todo)) as view:
        for spec, status in engine.run(todo, store, view.update):
            statuses[spec.run_id] = status
            view.ended(_line(spec, status, store))
    return statuses


def _line(spec: RunSpec, status: dict[str, Any], store: GridStore) -> str:
    words = [spec.method_label, f"seed {spec.seed}", status["state"]]
    if status.get("reason"):
        words.append(f"({status['reason']})")
    score = store.run(spec.run_id).last_row("scores")
    if score and status["state"] == FINISHED:
        words += [f"{name} {score[name]:.2f}" for name in ("fid", "is") if score.get(name)]
    if "seconds" in status:
        words.append(f"{status['seconds']:.1f} s")
    return " ".join(words)


def _conclude(statuses: dict[str, dict[str, Any]], store: GridStore, console: Console) -> int:
    counts = Counter(status["state"] for status in statuses.values())
    words = [f"{counts[state]} {state}" for state in (FINISHED, DIVERGED, CRASHED, BUSY)
             if counts[state]]  # fmt: skip
    console.print(", ".join(words) or "nothing left to do")
    crashed = {run: status for run, status in statuses.items() if status["state"] == CRASHED}
    for run, status in crashed.items():
        console.print(f"crashed: {run}: {status['reason']}", markup=False)
        console.print(f"  traceback in {store.run(run).status_file}", markup=False)
    console.print(f"next: bench report {store.folder}")
    return 1 if crashed else 0
