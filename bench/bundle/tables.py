"""The report of a bundle, made again from its rows: every table, and the page around them.

Figures are taken as they are bundled: the page must hold those, and they are not drawn again.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

from bench.bundle.make import WHEN
from runners.store.grid import GridStore

CLOSE = 1e-9
"""Relative difference of numbers that other processors and libraries round differently."""

NUMBER = re.compile(r"(-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)")
AROUND = 30  # characters shown on either side of a difference


def differing(grid: GridStore) -> Iterator[str]:
    """Yield a line for every place where a bundled table or page is not that of the rows.

    Args:
        grid: the unpacked bundle.
    """
    from reports.load.loader import load  # imports the drawing libraries, which takes seconds
    from reports.page.earlier import LIST, stored_pictures
    from reports.render import report_files

    stored = {name: file for name, file in _files(grid.report_folder) if name != LIST}
    drawn = stored_pictures(grid.report_folder)
    made = report_files(replace(load(grid.folder), when=WHEN), drawn)
    made = {name: content for name, content in made.items() if name != LIST}
    yield from (f"report/{name}: is not bundled" for name in made if name not in stored)
    yield from (f"report/{name}: is no file of a report" for name in stored if name not in made)
    for name in made:
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
        yield from _cells(mine, theirs)
        return
    for number, (a, b) in enumerate(zip_longest(mine.split("\n"), theirs.split("\n")), 1):
        if place := _place(a or "", b or ""):
            yield f":{number}: {place}"


def _cells(stored: str, made: str) -> Iterator[str]:
    """Yield the first cell that differs in every row of a table, with the row's first cell."""
    tables = [list(csv.reader(io.StringIO(text))) for text in (stored, made)]
    head = tables[1][0] if tables[1] else []
    for number, (mine, theirs) in enumerate(zip_longest(*tables, fillvalue=[]), 1):
        for column, (a, b) in enumerate(zip_longest(mine, theirs, fillvalue="")):
            if not _same(a, b):
                title = head[column] if column < len(head) else f"column {column + 1}"
                row = (theirs or mine)[0]
                yield f":{number}: {row}: {title} is {a[:80]!r}, its rows give {b[:80]!r}"
                break


def _place(stored: str, made: str) -> str:
    """Return where two lines differ, '' if they do not but for rounding."""
    mine, theirs = NUMBER.split(stored), NUMBER.split(made)
    if "base64," not in made and len(mine) == len(theirs) and all(map(_same, mine, theirs)):
        return ""
    pairs = enumerate(zip(stored, made, strict=False))
    first = next((n for n, (a, b) in pairs if a != b), min(len(stored), len(made)))
    shown = [repr(text[max(0, first - AROUND) : first + AROUND]) for text in (stored, made)]
    return "" if stored == made else f"is {shown[0]}, the rows give {shown[1]}"


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    if NUMBER.fullmatch(one) and NUMBER.fullmatch(other):
        return math.isclose(float(one), float(other), rel_tol=CLOSE, abs_tol=1e-300)
    return False
