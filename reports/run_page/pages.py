"""The pages of all runs: written anew where something they show changed, kept where nothing did."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from reports.folder import PAGES, ReportFolder
from reports.load.results import Results
from reports.load.run_files import ODD
from reports.run_page.curves import score_groups
from reports.run_page.page import HERE, Around, page
from reports.run_page.places import first_places, neighbours, places
from reports.run_page.samples import embeddable, room
from runners.errors import StoreProblem
from runners.files import digest
from runners.store.grid import GridStore
from runners.store.run import RunStore
from runners.store.states import State

LIST = "pages.json"
"""The mark of every run's page; pages of one mark say the same."""


@dataclass(frozen=True)
class Pages:
    """What becomes of the runs' pages.

    Args:
        files: the content of those to write, by name, and the list of all.
        kept: names of those of the report before that stay.
    """

    files: Mapping[str, bytes]
    kept: tuple[str, ...]


def run_pages(results: Results, grid: GridStore, earlier: ReportFolder | None = None) -> Pages:
    """Return the pages of a grid's runs.

    Args:
        results: what the report says.
        grid: where the runs' files are.
        earlier: the folder of the report before, whose pages are kept where nothing changed; None
            writes all of them.
    """
    known = _known(earlier) if earlier else {}
    whole = earlier.unchanged_in(PAGES) if earlier and known else frozenset()
    files, marks, kept = {}, {}, []
    for around in _arounds(results):
        place, store = around.place, grid.run(around.place.run_id)
        mark = marks[place.run_id] = _mark(around, store)
        if known.get(place.run_id) == mark and place.file in whole:
            kept.append(place.file)
        else:
            files[place.file] = _page(around, store)
    files[LIST] = (json.dumps(marks, indent=1) + "\n").encode()
    return Pages(files, tuple(kept))


def _known(folder: ReportFolder) -> dict[str, str]:
    """Return the marks of the report before."""
    try:
        return dict(json.loads(folder.unchanged(LIST) or b"{}"))
    except (ValueError, TypeError):  # of another version
        return {}


def _arounds(results: Results) -> list[Around]:
    found = places(results)
    first = first_places(found)
    beside, groups = neighbours(found), score_groups(results.columns)
    ranked = results.columns.by_name
    passed = tuple(name for name in results.columns.names if name not in ranked)
    return [
        Around(results.name, place, beside[place.run_id], results.plans[place.run_id], groups,
               passed, room(len(first)))
        for place in first
    ]  # fmt: skip


def _mark(around: Around, store: RunStore) -> str:
    """Return a mark of all that a run's page says."""
    near = (around.beside.before, *around.beside.rivals, around.beside.after)
    said = (
        _look(), around.grid, around.place, [one and (one.link, one.title) for one in near],
        around.plan, dict(around.plan.spec), around.groups, around.passed,
        "" if around.place.state == State.DAMAGED else _content(store, around.room),
    )  # fmt: skip
    return digest(repr(said).encode(errors="replace"))


def _content(store: RunStore, room: int) -> object:
    try:
        return store.fingerprint(), [step for step, _ in embeddable(store.sample_grids(), room)]
    except StoreProblem as problem:
        return str(problem)


@cache
def _look() -> str:
    """Return what decides how any page looks: the files of all that makes reports."""
    kinds = {".py", ".css", ".js", ".html"}
    files = sorted(file for file in HERE.parent.rglob("*") if file.suffix in kinds)
    return digest(b"".join(file.read_bytes() for file in files))


def _page(around: Around, store: RunStore) -> bytes:
    try:
        return page(around, store)
    except (StoreProblem, OSError) as problem:  # since the run was read
        reason = str(problem)
    except ODD as error:
        reason = f"{store.folder}: holds values of the wrong type: {error}"
    damaged = replace(around.place, state=State.DAMAGED.value, reason=reason)
    return page(replace(around, place=damaged), store)
