"""`bench bundle`: a grid's results as one file that `bench verify` checks."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import united
from bench.bundle import archive, bands, contents
from bench.interrupts import interrupts
from bench.progress import seen
from runners.errors import StoreProblem, UserProblem
from runners.files import write_bytes, write_json
from runners.store import calibration
from runners.store.grid import GridStore, found, seconds_of
from runners.store.run import RunStore
from runners.store.states import ENDED, State

WHEN = "bundled from its stored runs"
"""What the page of a bundle says instead of times, which copies of a store do not share."""


def bundle(folder: Path, out: Path, checkpoints: bool, console: Console) -> None:
    """Write a grid's results as one file, and say what it holds.

    Args:
        folder: the grid's results, every planned run ended or crashed.
        out: the file; must not exist.
        checkpoints: whether those of the runs come along, which nothing here ever loads.
        console: to print to.

    Raises:
        UserProblem: what is in the way; nothing is written.
    """
    grid = found(folder)
    _require_new(out)
    plan = grid.plan()
    budgeted = seconds_of(plan, grid.plan_file) is not None
    runs = [grid.run(name) for name in dict.fromkeys([*_sound(grid, console), *grid.folders()])]
    with interrupts(), tempfile.TemporaryDirectory(prefix="bench-bundle-") as made:
        stage = GridStore(Path(made))
        shutil.copyfile(grid.plan_file, stage.plan_file)
        if budgeted and calibration.read(grid.folder):
            shutil.copyfile(calibration.file(grid.folder), calibration.file(stage.folder))
        for run in seen(runs, "copying", console):
            _copy(run, stage.run(run.run_id), checkpoints)
        with console.status("making the report"):
            write_report(stage)
        write_bytes(stage.folder / bands.FILE, bands.written(bands.bands(stage, plan)))
        names = sorted(_below(stage.folder))
        said = contents.manifest(stage, seen(names, "hashing", console))
        write_json(stage.folder / archive.FIRST, said)
        archive.write(out, stage.folder, seen([archive.FIRST, *names], "writing", console))
    for line in _summary(out, said, len(names) + 1):
        console.print(line, markup=False, highlight=False)


def _require_new(out: Path) -> None:
    parent = out.absolute().parent
    if out.exists() or out.is_symlink():
        raise UserProblem(f"{out}: is there already; remove it, or name another file")
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise UserProblem(f"{parent}: is no folder that can be written to; choose another --out")


def _sound(grid: GridStore, console: Console) -> list[str]:
    """Return the ids of all planned runs, once it is sure that they are over and sound.

    Raises:
        StoreProblem: those that are not, each with the reason.
    """
    planned = united.planned(united.checked(grid, "bundled"))
    wrong = [
        f"  {problem}"
        for run_id, spec in seen(list(planned.items()), "checking", console)
        if (problem := _problem(grid.run(run_id), spec))
    ]
    if wrong:
        head = "nothing is bundled, for planned runs have not ended or are damaged:"
        tail = "`bench run` ends them; --plan replace plans other runs"
        raise StoreProblem("\n".join((head, *wrong, tail)))
    return list(planned)


def _problem(run: RunStore, spec: dict[str, Any]) -> str:
    """Return why a run cannot be bundled, '' if it can: those that failed are results."""
    try:
        run.check_whole()
        state = run.status().state
        if state not in (*ENDED, State.CRASHED):
            return f"{run.folder}: {state}"
        united.require_spec(run, spec)
    except StoreProblem as problem:
        return str(problem)
    return ""


def _copy(run: RunStore, target: RunStore, checkpoints: bool) -> None:
    files = run.record()
    if checkpoints and run.checkpoint_file.is_file():
        files.append(run.checkpoint_file)
    for file in files:
        copied = target.folder / file.relative_to(run.folder)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copied, follow_symlinks=False)


def write_report(stage: GridStore) -> None:
    """Write the report of what is bundled, as whoever unpacks it would make it."""
    from reports.load.loader import load  # imports the drawing libraries, which takes seconds
    from reports.render import report_files

    results = replace(load(stage.folder), when=WHEN)
    for name, content in report_files(results, stage).items():
        file = stage.report_folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(file, content)


def _below(folder: Path) -> Iterator[str]:
    yield from (f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file())


def _summary(out: Path, said: contents.Manifest, files: int) -> Iterator[str]:
    counts = Counter(said["runs"].values())
    words = ", ".join(f"{count} {state}" for state, count in counts.items())
    size = f"{files} files, {out.stat().st_size / 1e6:.1f} MB"
    yield f"{said['grid']}: {len(said['runs'])} runs, {words}; {size} in {out}"
    yield from said["uneven"]
    yield f"digest {archive.digest_of(out)}"
    yield f"print it where the results are; then: bench verify {out.name} --digest DIGEST"
