"""`bench import`: sources to runs, checked, and written as one new results folder."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.imports import csv_files, image_folders, tensorboard_files, wandb_files
from bench.imports.columns import SCORES
from bench.imports.comparisons import comparison, comparisons, require_same_scores
from bench.imports.found import Asked, Found, Reader, Say
from bench.imports.rows import Rows, gaps, rows, status
from bench.imports.sources import files, require_regular
from reports.load.columns import ROW_COLUMNS
from runners.errors import UserProblem
from runners.files import write_json
from runners.metrics import METRICS
from runners.metrics.score import Column
from runners.store import imported
from runners.store.building import built, require_new
from runners.store.grid import GridStore
from runners.store.states import State, Status

READERS = (
    wandb_files.READER,
    tensorboard_files.READER,
    csv_files.READER,
    image_folders.READER,
)
"""A source is read by the first that fits any of its files, and the files of others are named."""

NO_PROOF = (
    "what differs between these runs, and whether they share weights, data order and protocol, is "
    "not known: the report compares them unpaired"
)


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

    @property
    def scores(self) -> list[str]:
        """The scores that it has, by name."""
        named = dict.fromkeys(name for row in self.rows["scores"] for name in row)
        return [name for name in named if name not in ROW_COLUMNS["scores"]]


def import_runs(sources: Sequence[Path], out: Path, asked: Asked, console: Console) -> None:
    """Write runs that others made to a new results folder, and say what was guessed.

    Args:
        sources: files or folders.
        out: must not exist, or be empty; nothing is there until everything is.
        asked: what the user said of names and columns.
        console: to print to.

    Raises:
        UserProblem: a source is damaged or says too little; nothing is written.
    """
    say: Say = lambda text: console.print(text, markup=False, highlight=False)  # noqa: E731
    require_new(out)
    found = [run for source in sources for run in _read(source, asked, say)]
    _require_names(found)
    ready = list(_ready(found, asked))
    _require_scores(ready, sources)
    with built(out) as new:
        _write(ready, new, out.absolute().name, asked)
    for line in _summary(ready, out):
        say(line)


def _read(source: Path, asked: Asked, say: Say) -> list[Found]:
    there = files(source, say)
    kinds = {one: mine for one in READERS if (mine := [file for file in there if one.fits(file)])}
    if not kinds:
        known = ", ".join(one.kind for one in READERS)
        raise UserProblem(f"{source}: holds nothing that can be imported, which are {known}")
    reader = _reader(list(kinds), asked)
    for other, mine in kinds.items():
        if other != reader:
            say(
                f"{source}: read are its {reader.kind}, not {len(mine)} {other.kind}, as "
                f"{mine[0]}; those need an import of their own"
            )
    require_regular(kinds[reader])
    return reader.read(source, kinds[reader], asked, say)


def _reader(fitting: Sequence[Reader], asked: Asked) -> Reader:
    """Return what reads a source: where a data set was named, a table of images is no reason."""
    if fitting[0] == csv_files.READER and asked.judge and image_folders.READER in fitting:
        return image_folders.READER
    return fitting[0]


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
    scores = (*SCORES, *asked.directions)
    wholes = comparisons(found, scores)
    for run in found:
        whole = wholes[comparison(run)]
        about = {"method": {"name": run.method}, "seed": run.seed, "steps": whole.steps}
        known = dict(run.spec) if run.ours else about | dict(run.spec)
        spec = imported.marked(known, run.origin)
        yield Ready(run, spec, rows(run, scores), status(run, scores, whole))


def _require_scores(ready: Sequence[Ready], sources: Sequence[Path]) -> None:
    """Refuse runs of which none has a score, and finished ones that lack scores of others.

    Raises:
        UserProblem: how to name one, or which runs differ.
    """
    if not any(one.scores for one in ready):
        raise UserProblem(
            f"{', '.join(map(str, sources))}: no column is a score the suite knows, as fid, is or "
            "kid; name one: --map fid=COLUMN, or --map NAME=COLUMN with --lower NAME or --higher "
            "NAME"
        )
    finished = [one for one in ready if one.status.state == State.FINISHED]
    require_same_scores((one.run, one.scores) for one in finished)


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
