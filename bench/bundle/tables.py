"""The report of a bundle, made again from its rows: every table, and the page around them.

Figures are taken as they are bundled: the page must hold those, and they are not drawn again.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path
from typing import TypeVar

from bench.bundle.make import WHEN
from runners.store.grid import GridStore

T = TypeVar("T")
CLOSE = 1e-9
"""Relative difference of numbers that other processors and libraries round differently."""

NUMBER = re.compile(r"(-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)")
SHOWN = 3  # lines of a text
AROUND = 30  # characters on either side of a difference
MATCHED = 1000  # lines from the first that differs to the last; more are compared by their places


def differing(grid: GridStore) -> Iterator[str]:
    """Yield a line for every place where a bundled table or page is not that of the rows.

    Args:
        grid: the unpacked bundle.
    """
    from reports.load.loader import load  # imports the drawing libraries, which takes seconds
    from reports.page.earlier import LIST, stored_pictures
    from reports.render import report_files
    from reports.run_page.pages import LIST as MARKS

    marks = (LIST, MARKS)  # of what a later report need not write again
    stored = {name: file for name, file in _files(grid.report_folder) if name not in marks}
    drawn = stored_pictures(grid.report_folder)
    made = report_files(replace(load(grid.folder), when=WHEN), grid, drawn)
    here = f"{grid.folder}/".encode()  # names files of damaged runs
    made = {name: made[name].replace(here, b"") for name in made if name not in marks}
    yield from (f"report/{name}: is not bundled" for name in made if name not in stored)
    yield from (f"report/{name}: is no file of a report" for name in stored if name not in made)
    for name in sorted(made, key=lambda name: (name != "runs.csv", name)):  # which names runs
        if name in stored and (content := stored[name].read_bytes()) != made[name]:
            yield from (f"report/{name}{line}" for line in _lines(name, content, made[name]))


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            yield file.relative_to(folder).as_posix(), file


def _lines(name: str, stored: bytes, made: bytes) -> Iterator[str]:
    try:
        mine, theirs = stored.decode(), made.decode()
    except UnicodeDecodeError:
        yield ": is not what the rows give"
        return
    if name.endswith(".csv"):
        try:
            yield from _rows(mine, theirs)
        except csv.Error as error:
            yield f": cannot be read as a table: {error}"
        return
    found = [
        f":{number}: {place}"
        for number, a, b in _pairs(mine.split("\n"), theirs.split("\n"))
        if (place := _place(a, b))
    ]
    yield from found[:SHOWN]
    if len(found) > SHOWN:
        yield f": {len(found) - SHOWN} more lines are not what the rows give"


def _rows(stored: str, made: str) -> Iterator[str]:
    """Yield the first cell that differs in every row of a table, with the row's first cell."""
    mine, theirs = ([tuple(row) for row in csv.reader(io.StringIO(t))] for t in (stored, made))
    head = theirs[0] if theirs else ()
    for number, a, b in _pairs(mine, theirs):
        if a is None or b is None:
            there = "not in the bundled table" if a is None else "a row that the runs do not give"
            yield f":{number}: {_first(a or b or ())}: {there}"
            continue
        for title, x, y in zip_longest(head, a, b, fillvalue=""):
            if not _same(x, y):
                yield f":{number}: {_first(b)}: {title} is {x[:80]!r}, the rows give {y[:80]!r}"
                break


def _first(row: Sequence[str]) -> str:
    """Return what a row is called by: its first cell that holds anything."""
    return next(filter(None, row), "")[:80]


def _pairs(mine: Sequence[T], theirs: Sequence[T]) -> Iterator[tuple[int, T | None, T | None]]:
    """Yield what differs between two sequences, with its place; None for what one of them lacks."""
    before = _shared(mine, theirs)
    mine, theirs = mine[before:], theirs[before:]
    after = _shared(mine[::-1], theirs[::-1])
    mine, theirs = mine[: len(mine) - after], theirs[: len(theirs) - after]
    for begin, some, others in _stretches(mine, theirs):
        pairs = enumerate(zip_longest(some, others), before + begin + 1)
        yield from ((number, a, b) for number, (a, b) in pairs if a != b)


def _shared(mine: Sequence[T], theirs: Sequence[T]) -> int:
    """Return with how many of the same two sequences begin."""
    pairs = enumerate(zip(mine, theirs, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(mine), len(theirs)))


def _stretches(
    mine: Sequence[T], theirs: Sequence[T]
) -> Iterator[tuple[int, Sequence[T], Sequence[T]]]:
    """Yield stretches that stand for each other but differ, each with where it begins in the first.

    Of long sequences it is all: a stranger's lines could make matching them take hours.
    """
    if max(len(mine), len(theirs)) > MATCHED:
        yield 0, mine, theirs
        return
    for kind, begin, end, first, last in SequenceMatcher(None, mine, theirs).get_opcodes():
        if kind != "equal":
            yield begin, mine[begin:end], theirs[first:last]


def _place(stored: str | None, made: str | None) -> str:
    """Return where two lines differ, '' if they do not but for rounding; None is no line."""
    if stored is None or made is None:
        there = "is not there" if stored is None else "is a line more than the rows give"
        return f"{(stored or made or '')[: 2 * AROUND]!r} {there}"
    mine, theirs = NUMBER.split(stored), NUMBER.split(made)
    if "base64," not in made and len(mine) == len(theirs) and all(map(_same, mine, theirs)):
        return ""
    first = _shared(stored, made)
    shown = [repr(text[max(0, first - AROUND) : first + AROUND]) for text in (stored, made)]
    return f"is {shown[0]}, the rows give {shown[1]}"


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    if NUMBER.fullmatch(one) and NUMBER.fullmatch(other):
        return math.isclose(float(one), float(other), rel_tol=CLOSE)
    return False
