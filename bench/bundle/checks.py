"""What of a bundle is checked without making a run again: each check yields what is wrong."""

from __future__ import annotations

import errno
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import united
from bench.bundle import bands, contents, tables
from bench.bundle.archive import FIRST
from bench.bundle.contents import Manifest
from runners.errors import StoreProblem, UserProblem
from runners.files import read_bytes, read_json
from runners.store.grid import GridStore
from runners.store.seal import part
from runners.store.states import ENDED, State

FOREIGN = (
    ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError,
    ValueError,
)  # fmt: skip
"""What working on values raises that nobody of this suite wrote."""


@dataclass(frozen=True)
class Opened:
    """A bundle that was unpacked.

    Args:
        folder: where to.
        said: its manifest.
        digest: its hash.
        published: what that should be, '' where nobody says.
    """

    folder: Path
    said: Manifest = field(repr=False)
    digest: str
    published: str = ""

    @property
    def grid(self) -> GridStore:
        """Its results folder."""
        return GridStore(self.folder)


def digest(opened: Opened) -> Iterator[str]:
    """The bundle is the one that was published."""
    if opened.published and opened.published != opened.digest:
        yield (
            f"it is {opened.digest}, not {opened.published}: this is not the bundle that was "
            "published, whatever the checks below say"
        )


def hashes(opened: Opened) -> Iterator[str]:
    """Every file is as the manifest says, and no other is there."""
    paths = (path for path in opened.folder.rglob("*") if path.is_file())
    there = {path.relative_to(opened.folder).as_posix(): path for path in paths}
    del there[FIRST]
    known = opened.said["files"]
    gone = Counter(_run_of(name) for name in known if name not in there)
    whole = gone.keys() - {_run_of(name) for name in there} - {""}
    for run in sorted(whole):
        yield f"{run}: its {gone[run]} files are in {FIRST}, but not in the bundle"
    for name in sorted({*there, *known}):
        if _run_of(name) in whole:
            continue
        if name not in there:
            yield f"{name}: is in {FIRST}, but not in the bundle"
        elif name not in known:
            yield f"{name}: is in the bundle, but not in {FIRST}"
        elif part(read_bytes(there[name])) != known[name]:
            yield f"{name}: changed since it was bundled"


def _run_of(name: str) -> str:
    """Return the folder of the run whose file this is, '' if it is none's."""
    return "/".join(name.split("/")[:2]) if name.startswith("runs/") else ""


def plan(opened: Opened) -> Iterator[str]:
    """The plan is as it was written, and no run was taken out of it."""
    stated = opened.said["uneven"]
    gaps = contents.uneven(read_json(opened.grid.plan_file))
    yield from (f"grid.json: {line}" for line in gaps if line not in stated)
    try:
        united.checked(opened.grid)
    except StoreProblem as problem:
        yield str(problem).partition(";")[0]


def runs(opened: Opened) -> Iterator[str]:
    """Every planned run is there, over, sealed, and the run that the plan says."""
    grid, said = opened.grid, opened.said["runs"]
    planned = united.planned(united.checked(grid))
    yield from (f"{i}: is in {FIRST}, but not in the plan" for i in said if i not in planned)
    for run_id, spec in planned.items():
        yield from _run(grid, run_id, spec, said.get(run_id))
    for name in grid.folders():
        if name not in planned and (problem := _problem(grid, name)):
            yield problem


def _run(grid: GridStore, run_id: str, spec: dict[str, Any], said: object) -> Iterator[str]:
    if not grid.run(run_id).folder.is_dir():
        yield f"runs/{run_id}: is planned, and was {said or 'not even listed'}, but is not there"
    elif problem := _problem(grid, run_id, spec):
        yield problem
    elif (state := grid.run(run_id).status().state) != said:
        yield f"runs/{run_id}/status.json: {state}, but {FIRST} says {said}"
    elif state not in (*ENDED, State.CRASHED):
        yield f"runs/{run_id}/status.json: {state}, and no bundle holds a run that is not over"


def _problem(grid: GridStore, run_id: str, spec: dict[str, Any] | None = None) -> str:
    """Return what shows that a run is not as it was at its end, '' if nothing does."""
    run = grid.run(run_id)
    try:
        run.check_whole()
        run.status()
        if spec is not None:
            united.require_spec(run, spec)
    except StoreProblem as problem:
        return str(problem)
    return ""


def report(opened: Opened) -> Iterator[str]:
    """Every table and the page are those of the rows."""
    found = list(tables.differing(opened.grid))
    yield from found
    here = contents.versions()
    other = {name: v for name, v in opened.said["made_with"].items() if here.get(name) != v}
    if found and other:
        words = ", ".join(f"{name} {v} (here {here.get(name)})" for name, v in other.items())
        yield f"it was made with other versions, which may write other tables: {words}"


def seeds(opened: Opened) -> Iterator[str]:
    """The reference bands are those of the rows."""
    yield from bands.differing(stored_bands(opened), bands.bands(opened.grid, opened.grid.plan()))


def stored_bands(opened: Opened) -> Any:
    """Return the bands that a bundle ships.

    Raises:
        ValueError: they are damaged.
    """
    return json.loads(read_bytes(opened.folder / bands.FILE))


Check = Callable[[Opened], Iterator[str]]

CHECKS: Mapping[str, tuple[Check, str]] = {
    "digest": (digest, "is the published one"),
    "hashes": (hashes, "every file is as it was bundled"),
    "plan": (plan, "is as it was written, every setting with every seed"),
    "runs": (runs, "every planned run is there, over, and as it was sealed"),
    "report": (report, "every table and the page, made again from the rows, are those bundled"),
    "bands": (seeds, "the reference bands are those of the rows"),
}


def foreign(error: Exception) -> str:
    """Return what is wrong where working on values raised."""
    return f"holds values that no run wrote: {type(error).__name__}: {error}"


def tried(check: Check, opened: Opened) -> list[str]:
    """Return what a check found wrong, also where it cannot work on what is there."""
    found: list[str] = []
    try:
        found.extend(check(opened))
    except UserProblem as problem:
        found.append(str(problem))
    except FOREIGN as error:
        found.append(foreign(error))
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        found.append(foreign(error))
    return [line.replace(f"{opened.folder}/", "") for line in found]
