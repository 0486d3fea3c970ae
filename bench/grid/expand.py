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
    rows = [_row(problems, spec, entries) for _, spec in valid]
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


def _shared(problems: Problems, layers: Layers, cell: Cell) -> RunSpec | None:
    """Return what the runs of a cell share, as a spec whose method and seed only stand in."""
    fields, origins = layers.merged(cell)
    lists.check(problems, fields, origins)
    fields |= {"method": next(iter(METHODS)), "seed": 0}
    try:
        return from_dict(fields)
    except ValidationError as errors:
        complaints.report(problems, errors, fields, origins)
        return None


def _row(problems: Problems, shared: RunSpec, entries: list[Entry]) -> list[RunSpec]:
    row: list[RunSpec] = []
    for entry in entries:
        try:
            row.append(dataclasses.replace(shared, method=entry.method, plugins=()))
        except ValidationError as misfits:  # both are valid, so it is their combination
            origins: Origins = {("method",): entry.source}
            for misfit in misfits.errors(include_url=False):
                problems.field(origins, ("method",), misfit["msg"], key=True)
    return row


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
