"""Cells of the axes' product, methods and seeds -> specs, each cell validated once."""

from __future__ import annotations

import dataclasses
import math

from pydantic import ValidationError

from bench.grid import complaints, lists
from bench.grid.merge import Cell, Layers
from bench.grid.messages import key_path
from bench.grid.methods import Entry
from bench.grid.problems import Origins, Problems
from runners.lipschitz import METHODS
from runners.spec import RunSpec, from_dict, under_seed

MAX_RUNS = 100_000


def specs(
    problems: Problems, layers: Layers, seeds: tuple[int, ...], entries: list[Entry]
) -> tuple[RunSpec, ...]:
    """Return the specs of all cells, seeds and methods, the methods varying fastest.

    Args:
        problems: takes the problems of the cells.
        layers: what varies over the cells.
        seeds: empty where they could not be read.
        entries: methods; empty where none could be read.

    Raises:
        GridProblem: there was a problem, here or before.
    """
    count = _limit(problems, layers, len(seeds) or 1, len(entries) or 1)
    shared = [(cell, _shared(problems, layers, cell)) for cell in layers.cells(count)]
    valid = [(cell, spec) for cell, spec in shared if spec]
    _refuse_swept(problems, layers, entries)
    rows = [_row(problems, layers, cell, spec, entries) for cell, spec in valid]
    _refuse_repeats(problems, valid)
    problems.raise_if_any()
    return tuple(under_seed(spec, seed) for row in rows for seed in seeds for spec in row)


def _limit(problems: Problems, layers: Layers, seeds: int, methods: int) -> int | None:
    """Refuse too many runs; one cell is still validated then."""
    cells = math.prod(map(len, layers.swept.values()))
    runs = cells * seeds * methods
    if runs <= MAX_RUNS:
        return None
    text = f"{cells:,} cells x {seeds:,} seeds x {methods:,} methods = {runs:,} runs"
    problems.at(("axes",), f"{text}; at most {MAX_RUNS:,}", key=True)
    return 1


def _shared(problems: Problems, layers: Layers, cell: Cell, own: Cell = ()) -> RunSpec | None:
    """Return what the runs of a cell share, as a spec whose method and seed only stand in.

    Args:
        own: what one method sets besides, in a spec that is its own.
    """
    fields, origins = layers.merged(cell, own)
    lists.check(problems, fields, origins)
    fields |= {"method": next(iter(METHODS)), "seed": 0}
    try:
        return from_dict(fields)
    except ValidationError as errors:
        complaints.report(problems, errors, fields, origins)
        return None


def _row(
    problems: Problems, layers: Layers, cell: Cell, shared: RunSpec, entries: list[Entry]
) -> list[RunSpec]:
    row: dict[RunSpec, Entry] = {}
    for entry in entries:
        base = _shared(problems, layers, cell, entry.own) if entry.own else shared
        spec = base and _with_method(problems, base, entry)
        if spec is None:
            continue
        if spec in row and row[spec].told_apart != entry.told_apart:
            text = f"gives the same runs as {_place(row[spec])}"
            problems.field({("method",): entry.source}, ("method",), text)
        row.setdefault(spec, entry)
    return list(row)


def _with_method(problems: Problems, base: RunSpec, entry: Entry) -> RunSpec | None:
    try:
        return dataclasses.replace(base, method=entry.method, plugins=())
    except ValidationError as misfits:  # both are valid, so it is their combination
        origins: Origins = {("method",): entry.source}
        for misfit in misfits.errors(include_url=False):
            problems.field(origins, ("method",), misfit["msg"], key=True)
    return None


def _place(entry: Entry) -> str:
    return entry.source if isinstance(entry.source, str) else key_path(entry.source)


def _refuse_swept(problems: Problems, layers: Layers, entries: list[Entry]) -> None:
    """Refuse recipes that set what an axis sweeps."""
    swept = {target for axis in layers.swept.values() for target, _ in axis[0].fields()}
    for own in (assignment for entry in entries for assignment in entry.own):
        mine = {target for target, _ in own.fields()}
        both = {a for a in swept for b in mine if a[: len(b)] == b or b[: len(a)] == a}
        if both and not isinstance(own.source, str):
            text = f"an axis sweeps {'.'.join(min(both))}; keep one of them"
            problems.at(own.source, text, key=True)


def _refuse_repeats(problems: Problems, cells: list[tuple[Cell, RunSpec]]) -> None:
    """Refuse values of one axis that give the same runs.

    Only cells that differ in one axis are compared by name. That finds every repetition: where
    cells that differ in several axes are equal, so are two that differ in one of these alone.
    """
    seen: dict[RunSpec, Cell] = {}
    for cell, spec in cells:
        earlier = seen.setdefault(spec, cell)
        pairs = [(a, b) for a, b in zip(earlier, cell, strict=True) if a is not b]
        if len(pairs) == 1:
            ((first, again),) = (tuple(choice.source for choice in pair) for pair in pairs)
            assert isinstance(first, tuple)
            assert isinstance(again, tuple)  # axes are written in the file
            problems.at(again, f"gives the same runs as {key_path(first)}")
