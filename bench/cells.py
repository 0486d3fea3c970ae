"""Cells of the axes' product -> RunSpecs, every problem reported where its value was written."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

from pydantic import ValidationError

from bench.fields import is_key_problem, words
from bench.layers import Assignment, Cell, Layers, Origins, report_at_origin
from bench.methods import Entry
from bench.problems import KeyPath, Report, key_path
from runners.lipschitz import METHODS
from runners.spec import RunSpec, from_dict

MAX_RUNS = 100_000


def specs(
    report: Report, layers: Layers, seeds: tuple[int, ...], entries: list[Entry]
) -> list[RunSpec]:
    """Return the specs of all cells, seeds and methods, the methods varying fastest.

    Args:
        report: takes the problems of the cells.
        layers: what varies over the cells.
        seeds: empty where they could not be read.
        entries: methods; empty where none could be read.

    Raises:
        GridProblem: there was a problem, here or before.
    """
    cells = list(itertools.islice(layers.cells(), _limit(report, layers, seeds, entries)))
    seeds, entries = seeds or (0,), entries or [_stand_in()]
    rows = [_row(report, layers, cell, entries, seeds[0]) for cell in cells]
    _refuse_repeats(report, [(cell, row[0]) for cell, row in zip(cells, rows, strict=True) if row])
    report.raise_if_any()
    return [dataclasses.replace(spec, seed=seed) for row in rows for seed in seeds for spec in row]


def _limit(
    report: Report, layers: Layers, seeds: tuple[int, ...], entries: list[Entry]
) -> int | None:
    """Refuse too many runs; one cell is still validated then."""
    sizes = [len(slot) for slot in layers.slots if len(slot) > 1]
    counts = [math.prod(sizes), len(seeds) or 1, len(entries) or 1]
    if math.prod(counts) <= MAX_RUNS:
        return None
    cells, n_seeds, n_methods = (f"{count:,}" for count in counts)
    report.at(
        ("axes",),
        f"{cells} cells x {n_seeds} seeds x {n_methods} methods = {math.prod(counts):,} runs; "
        f"at most {MAX_RUNS:,}",
        key=True,
    )
    return 1


def _stand_in() -> Entry:
    """Return a method to validate the rest with, where no method is valid."""
    name, cls = next(iter(METHODS.items()))
    return Entry(cls(), {"name": name}, ("methods",))


def _row(
    report: Report, layers: Layers, cell: Cell, entries: list[Entry], seed: int
) -> list[RunSpec]:
    data, origins = layers.resolve(cell)
    data["seed"] = seed
    row: list[RunSpec] = []
    for entry in entries:
        fields = {**data, "method": entry.data}
        try:
            row.append(from_dict(fields))
        except ValidationError as problems:
            places: Origins = {**origins, ("method",): entry.source}
            for problem in problems.errors(include_url=False):
                _explain(report, layers, problem, places, fields)
    return row


def _explain(
    report: Report, layers: Layers, problem: Any, origins: Origins, fields: dict[str, Any]
) -> None:
    if problem["type"] == "misfit":
        path = ("method",) if problem["msg"].startswith(fields["method"]["name"]) else ()
        report_at_origin(report, origins, path, problem["msg"], key=True)
        return
    path = problem["loc"]
    if path[0] in layers.unread and path[:1] not in origins:
        return
    if problem["type"] == "too_short" and problem["input"]:
        return  # pydantic counts valid items only; the others have problems of their own
    report_at_origin(report, origins, path, words(problem, fields), is_key_problem(problem))


def _refuse_repeats(report: Report, firsts: list[tuple[Cell, RunSpec]]) -> None:
    """Refuse values of one axis that give the same runs.

    Equal cells always include two that differ in one axis alone: the more specific of two axes
    shows in the spec, so its values agree and may be exchanged.
    """
    seen: dict[RunSpec, Cell] = {}
    for cell, spec in firsts:
        earlier = seen.setdefault(spec, cell)
        pairs = [(a, b) for a, b in zip(earlier, cell, strict=True) if a is not b]
        if len(pairs) == 1:
            ((first, again),) = pairs
            text = f"gives the same runs as {key_path(_path(first))}"
            report.at(_path(again), text)


def _path(assignment: Assignment) -> KeyPath:
    assert isinstance(assignment.source, tuple)  # options do not vary
    return assignment.source
