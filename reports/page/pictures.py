"""Figures drawn and encoded, as the page and the folder of figures hold them.

Encoding is what takes time: panels look for their places. So figures are drawn by several
processes, and one that an earlier report has drawn of the same content is taken from there.
"""

from __future__ import annotations

import base64
import hashlib
import multiprocessing
import os
import pickle
import re
import signal
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from reports.figures import style
from reports.figures.drawing import Drawing
from reports.load.results import Results
from reports.stats.numbers import Numbers
from runners.errors import UserProblem

SVG_LIMIT = 300_000  # bytes; larger drawings are smaller as PNG
ADDRESS = re.compile(rb"\x8a\x06(.{6})", re.DOTALL)
"""What a pickled figure has of places in memory: numbers of six bytes."""


@dataclass(frozen=True)
class Picture:
    """An encoded figure.

    Args:
        key: of its drawing.
        cell: the cell it shows, '' for all.
        width: inches, so that text has one size on the page.
        mark: of its content; figures of one mark look the same, and '' is that of none.
        svg, png: its two files.
    """

    key: str
    cell: str
    width: float
    mark: str
    svg: bytes = field(repr=False)
    png: bytes = field(repr=False)


Earlier = Mapping[str, Picture]
"""Pictures of an earlier report by their marks."""


def pictures(
    drawings: Iterable[Drawing], results: Results, numbers: Numbers, earlier: Earlier
) -> list[Picture]:
    """Return the pictures of a report, in order, each drawn unless an earlier report has it.

    Args:
        drawings: what is drawn.
        results, numbers: of what.
        earlier: pictures that need not be drawn again.
    """
    todo = list(drawings)
    processes = min(_cores(), len(todo))
    if processes < 2 or not sys.platform.startswith("linux"):
        return [picture for one in todo for picture in _pictures(one, results, numbers, earlier)]
    fork = multiprocessing.get_context("fork")
    with (
        warnings.catch_warnings(),
        ProcessPoolExecutor(processes, fork, _remember, (results, numbers, earlier)) as pool,
    ):  # the last figures take longest
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside libraries' threads
        try:
            drawn = list(pool.map(_drawn, reversed(todo)))
        except BrokenProcessPool as error:
            raise UserProblem(
                "a process that draws figures was ended, perhaps as memory ran out; once there is "
                "more, the same command draws them"
            ) from error
    return [picture for some in reversed(drawn) for picture in some]


_known: list[Any] = []
"""Of a drawing process: results, numbers and earlier pictures, which it has by being forked."""


def _remember(*known: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command that has it ends this process
    _known[:] = known


def _drawn(drawing: Drawing) -> list[Picture]:
    return _pictures(drawing, *_known)


def _pictures(
    drawing: Drawing, results: Results, numbers: Numbers, earlier: Earlier
) -> list[Picture]:
    return [
        _picture(drawing.key, cell, figure, earlier)
        for cell, figure in drawing.figures(results, numbers)
    ]


def _picture(key: str, cell: str, figure: Figure, earlier: Earlier) -> Picture:
    mark = fingerprint(figure)
    if mark in earlier:
        return replace(earlier[mark], key=key, cell=cell)
    return Picture(key, cell, figure.get_figwidth(), mark, *style.encode(figure))


def fingerprint(figure: Figure) -> str:
    """Return a mark that two figures share only if they look the same, '' if it has none."""
    try:
        content = pickle.dumps(figure)
    except (pickle.PicklingError, AttributeError, TypeError):  # labels made by a function
        return ""
    places: dict[bytes, int] = {}
    plain = ADDRESS.sub(lambda m: b"@%d" % places.setdefault(m[1], len(places)), content)
    return hashlib.sha256(_look() + plain).hexdigest()


@cache
def _look() -> bytes:
    """Return what decides how any figure is encoded."""
    return matplotlib.__version__.encode() + Path(style.__file__).read_bytes()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def figure_files(drawn: Sequence[Picture]) -> dict[str, bytes]:
    """Return the content of each figure's two files by name, numbered in the page's order."""
    files = {}
    for stem, picture in zip(stems(drawn), drawn, strict=True):
        files |= {f"{stem}.svg": picture.svg, f"{stem}.png": picture.png}
    return files


def stems(drawn: Sequence[Picture]) -> list[str]:
    """Return the name of each figure's files without their endings."""
    found = []
    for place, picture in enumerate(drawn, 1):
        cell = re.sub(r"[^A-Za-z0-9_.=-]+", "_", picture.cell)[:60]
        found.append(f"{place:02d}-{picture.key}" + (f"-{cell}" if cell else ""))
    return found


def data_uri(picture: Picture, drawing: Drawing) -> str:
    """Return the picture as it is embedded in the page."""
    use_png = drawing.pixels or len(picture.svg) > SVG_LIMIT
    kind, data = ("png", picture.png) if use_png else ("svg+xml", picture.svg)
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
