"""`bench import`: sources to runs, checked, and written as one new results folder."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.imports import csv_files, image_folders, tensorboard_files, wandb_files
from bench.imports.found import Asked, Found
from bench.imports.image_folders import Judge
from bench.imports.rows import Rows, gaps, rows, status
from runners.errors import UserProblem
from runners.files import write_json
from runners.metrics import METRICS
from runners.metrics.score import Column
from runners.store import imported
from runners.store.building import built, require_new
from runners.store.grid import GridStore
from runners.store.states import Status

READERS = {
    wandb_files.READER: wandb_files.files,
    tensorboard_files.READER: tensorboard_files.files,
    csv_files.READER: csv_files.files,
    image_folders.READER: image_folders.files,
}
"""Readers -> what of a source they would read, in the order in which a source is looked at."""

SUFFIXES = {".wandb": wandb_files.READER, ".csv": csv_files.READER}
NO_JUDGE = (
    "{source}: folders of images are scored here, against a data set: name it, as --dataset digits "
    "or --dataset folder:PATH"
)
NO_PROOF = (
    "what differs between these runs, and whether they share weights, data order and protocol, is "
    "not known: the report compares them unpaired"
)
Say = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Ready:
    """A run as it will be written.

    Args:
        run: what was found.
        spec: with its origin.
        rows: of each row file.
        status: how it ended.
    """

    run: Found
    spec: dict[str, Any]
    rows: Rows
    status: Status


def import_runs(
    sources: Sequence[Path], out: Path, asked: Asked, judge: Judge | None, console: Console
) -> None:
    """Write runs that others made to a new results folder, and say what was guessed.

    Args:
        sources: files or folders.
        out: must not exist, or be empty; nothing is there until everything is.
        asked: what the user said of names and columns.
        judge: scores folders of images.
        console: to print to.

    Raises:
        UserProblem: a source is damaged or says too little; nothing is written.
    """
    say: Say = lambda text: console.print(text, markup=False, highlight=False)  # noqa: E731
    require_new(out)
    found = [run for source in sources for run in _read(source, asked, judge, say)]
    _require_names(found)
    ready = list(_ready(found, asked))
    _require_scores(ready, sources)
    with built(out) as new:
        _write(ready, new, out.absolute().name, asked)
    for line in _summary(ready, out):
        say(line)


def _read(source: Path, asked: Asked, judge: Judge | None, say: Say) -> list[Found]:
    reader = _reader(source)
    if reader == image_folders.READER:
        if judge is None:
            raise UserProblem(NO_JUDGE.format(source=source))
        return image_folders.read(source, asked, judge, say)
    by_name = {
        wandb_files.READER: wandb_files.read,
        tensorboard_files.READER: tensorboard_files.read,
        csv_files.READER: csv_files.read,
    }
    return by_name[reader](source, asked, say)


def _reader(source: Path) -> str:
    """Return what reads a source.

    Raises:
        UserProblem: nothing does.
    """
    if source.is_dir():
        known = next((name for name, files in READERS.items() if files(source)), None)
    elif source.is_file():
        tensorboard = tensorboard_files.READER if "tfevents" in source.name else None
        known = SUFFIXES.get(source.suffix.lower()) or tensorboard
    else:
        raise UserProblem(f"{source}: there is nothing of this name")
    if known is None:
        raise UserProblem(
            f"{source}: holds nothing that can be imported, which are .wandb files, TensorBoard's "
            "event files, .csv files, and folders of images"
        )
    return known


def _require_names(found: Sequence[Found]) -> None:
    """Refuse two runs of one name.

    Raises:
        UserProblem: where both are.
    """
    first: dict[str, Found] = {}
    for run in found:
        name = json.dumps([run.method, run.seed, run.spec], sort_keys=True)
        if name in first:
            raise UserProblem(
                f"{run.where}: is {run.method}, seed {run.seed}, and so is {first[name].where}; "
                "two runs of one name are told apart by their seeds: name them apart, or leave "
                "one out"
            )
        first[name] = run


def _ready(found: Sequence[Found], asked: Asked) -> Iterator[Ready]:
    longest: dict[str, int] = {}
    for run in found:
        where = json.dumps(run.spec.get("dataset"))
        longest[where] = max(run.last, longest.get(where, 0))
    for run in found:
        steps = longest[json.dumps(run.spec.get("dataset"))]
        about = {"method": {"name": run.method}, "seed": run.seed, "steps": steps}
        known = dict(run.spec) if run.ours else about | dict(run.spec)
        spec = imported.marked(known, run.origin)
        yield Ready(run, spec, rows(run, asked.directions), status(run, steps))


def _require_scores(ready: Sequence[Ready], sources: Sequence[Path]) -> None:
    """Refuse runs of which none has a score, as there is nothing to compare.

    Raises:
        UserProblem: how to name one.
    """
    if any(one.rows["scores"] for one in ready):
        return
    raise UserProblem(
        f"{', '.join(map(str, sources))}: no column is a score the suite knows, as fid, is or kid; "
        "name one: --map fid=COLUMN, or --map NAME=COLUMN with --lower NAME or --higher NAME"
    )


def _write(ready: Sequence[Ready], new: GridStore, name: str, asked: Asked) -> None:
    runs = {}
    for one in ready:
        store = new.run(imported.run_id(one.spec))
        runs[store.run_id] = one.spec
        store.create(one.spec)
        for file, mine in one.rows.items():
            store.append(file, mine)
        write_json(store.proof_file, {})
        if one.run.floor is not None:
            write_json(store.floor_file, dict(one.run.floor))
        store.write_status(one.status)
    new.write_plan(name, runs, columns=map(dataclasses.asdict, _columns(asked)))


def _columns(asked: Asked) -> list[Column]:
    known = [column for metric in METRICS.values() for column in metric.all_columns()]
    more = [
        Column(name, name, lower_is_better=lower, ranks=True)
        for name, lower in asked.directions.items()
    ]
    return known + more


def _summary(ready: Sequence[Ready], out: Path) -> Iterator[str]:
    states = Counter(one.status.state.value for one in ready)
    words = ", ".join(f"{n} {state}" for state, n in states.items())
    methods = ", ".join(dict.fromkeys(one.run.method for one in ready))
    yield f"{len(ready)} runs of {methods}: {words}"
    yield from (
        f"{one.run.where}: {one.status.state}: {one.status.reason}"
        for one in ready
        if one.status.reason
    )
    if lost := sum(gaps(one.run) for one in ready):
        yield f"{lost} numbers are not finite though later ones are: kept as missing"
    yield NO_PROOF
    yield f"next: bench report {out}"
