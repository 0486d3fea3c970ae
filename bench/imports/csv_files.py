"""Runs in a CSV file: a row is what one run recorded at one step."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.imports.columns import Columns, columns, count, number
from bench.imports.found import Asked, Found, Line, Reader, Say, in_order
from runners.errors import UserProblem
from runners.files import digest
from runners.store.imported import Origin

Cells = dict[str, str]


def _runs_of(source: Path, files: Sequence[Path], asked: Asked, say: Say) -> list[Found]:  # noqa: ARG001
    """Return the runs of CSV files, each of which has a header."""
    return [run for file in files for run in _read(file, asked, say)]


READER = Reader("csv", ".csv files", lambda file: file.suffix.lower() == ".csv", _runs_of)


def _read(file: Path, asked: Asked, say: Say) -> list[Found]:
    content = file.read_bytes()
    header, rows = _table(content, file)
    known = columns(header, asked, file)
    for needed in ("method", "step"):
        if needed not in known.source:
            raise UserProblem(
                f"{file}:1: no column is the {needed}; name it: --map {needed}=COLUMN; there are "
                f"{', '.join(header)}"
            )
    for line in known.said(file):
        say(line)
    origin = Origin(str(file), digest(content), READER.name)
    return _runs(rows, known, file, origin, say)


def _table(content: bytes, file: Path) -> tuple[list[str], list[tuple[str, Cells]]]:
    """Return the header, and each row with its place."""
    try:
        text = content.decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        found = [(f"{file}:{reader.line_num}", row) for row in reader if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserProblem(f"{file}: cannot be read as CSV: {error}") from error
    if not found:
        raise UserProblem(f"{file}: is empty; its first line names the columns")
    (where, header), *rows = found
    header = [name.strip() for name in header]
    if twice := [name for name in header if header.count(name) > 1 or not name]:
        raise UserProblem(f"{where}: column {twice[0]!r} stands there twice or has no name")
    for where, row in rows:
        if len(row) != len(header):
            raise UserProblem(f"{where}: {len(row)} cells, but the header names {len(header)}")
    cells = [[cell.strip() for cell in row] for _, row in rows]
    places = [where for where, _ in rows]
    return header, [
        (w, dict(zip(header, c, strict=True))) for w, c in zip(places, cells, strict=True)
    ]


def _runs(
    rows: list[tuple[str, Cells]], known: Columns, file: Path, origin: Origin, say: Say
) -> list[Found]:
    groups: dict[tuple[str, ...], list[tuple[str, Cells]]] = {}
    for where, cells in rows:
        about = [_text(known, name, cells, where) for name in ("dataset", "method", "seed", "run")]
        groups.setdefault(tuple(about), []).append((where, cells))
    if not groups:
        raise UserProblem(f"{file}: has a header and no rows")
    if "seed" not in known.source:
        say(f"{file}: no column is the seed; runs of a method are numbered in their order")
    found, numbered = [], dict[tuple[str, str], int]()
    for (dataset, method, seed, run), mine in groups.items():
        place = numbered[dataset, method] = numbered.get((dataset, method), -1) + 1
        number_ = count(seed, f"{mine[0][0]}: seed") if "seed" in known.source else place
        lines = [_line(known, cells, where) for where, cells in mine]
        words = ", ".join(filter(None, [dataset, method, f"seed {number_}", run]))
        spec = {"dataset": {"name": dataset}} if dataset else {}
        found.append(
            Found(f"{file} ({words})", origin, method, number_, in_order(lines, words), spec)
        )
    return found


def _text(known: Columns, name: str, cells: Cells, where: str) -> str:
    """Return a cell that says which run a row is of, '' where no column does."""
    if name not in known.source:
        return ""
    if not (value := cells[known.source[name]]):
        raise UserProblem(f"{where}: {known.source[name]} is missing, so its run is not known")
    return value


def _line(known: Columns, cells: Cells, where: str) -> Line:
    step = count(cells[known.source["step"]], f"{where}: {known.source['step']}")
    values: dict[str, Any] = dict(_numbers(known, cells, where))
    if "protocol" in known.source:
        values["protocol"] = _text(known, "protocol", cells, where)
    return Line(where, step, values)


def _numbers(known: Columns, cells: Cells, where: str) -> Iterator[tuple[str, float]]:
    for name, column in known.numbers.items():
        if cells[column]:
            yield name, number(cells[column], f"{where}: {column}")
