"""Figures drawn and encoded, as the page and the folder of figures hold them.

Encoding is what takes time: panels look for their places. So figures are drawn by several
processes, and one that an earlier report has drawn of the same content is taken from there.
"""

from __future__ import annotations

import base64
import gc
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
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from reports.choice import FORMATS, PAGE, PAPER, Choice
from reports.figures import style
from reports.figures.drawing import Drawing
from reports.figures.paper import in_column
from reports.load.results import Results
from reports.stats.numbers import Numbers
from runners.errors import UserProblem

DPI = {PAGE: 130, PAPER: 300}
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
        shown: the format that the page embeds.
        files: by format: those that were asked for, and the one that the page embeds.
    """

    key: str
    cell: str
    width: float
    mark: str
    shown: str
    files: Mapping[str, bytes] = field(repr=False)


Earlier = Mapping[str, Picture]
"""Pictures of an earlier report by their marks."""


@dataclass(frozen=True)
class Content:
    """What pictures are made of.

    Args:
        results, numbers: what they show.
        choice: their style and formats.
        earlier: pictures that need not be drawn again.
    """

    results: Results
    numbers: Numbers
    choice: Choice
    earlier: Earlier


def pictures(drawings: Iterable[Drawing], content: Content) -> list[Picture]:
    """Return the pictures of a report, in order, each drawn unless an earlier report has it.

    Args:
        drawings: what is drawn.
        content: of what.
    """
    todo = list(drawings)
    processes = min(_cores(), len(todo))
    if processes < 2 or not sys.platform.startswith("linux"):
        return [picture for one in todo for picture in _pictures(one, content)]
    fork = multiprocessing.get_context("fork")
    with (
        warnings.catch_warnings(),
        ProcessPoolExecutor(processes, fork, _remember, (content,)) as pool,
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


_known: list[Content] = []
"""Of a drawing process: what it draws from, which it has by being forked."""


def _remember(content: Content) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command that has it ends this process
    gc.disable()  # it ends soon, and a tenth of its time would go into looking for rubbish
    _known[:] = [content]


def _drawn(drawing: Drawing) -> list[Picture]:
    return _pictures(drawing, *_known)


def _pictures(drawing: Drawing, content: Content) -> list[Picture]:
    return [
        _picture(drawing, cell, figure, content)
        for cell, figure in drawing.figures(content.results, content.numbers)
    ]


def _picture(drawing: Drawing, cell: str, figure: Figure, content: Content) -> Picture:
    """Return a figure in the formats asked for; those that an earlier report has are taken."""
    asked, dpi = content.choice.formats, DPI[content.choice.style]
    figure = in_column(figure, cell) if content.choice.style == PAPER else figure
    mark = fingerprint(figure, dpi)
    known = content.earlier.get(mark)
    files = known.files if known else {}
    shown = known.shown if known else "png" if drawing.pixels else "svg"
    files = _with(files, figure, {*asked, shown}, dpi)
    if shown == "svg" and len(files["svg"]) > SVG_LIMIT:
        shown = "png"
        files = _with(files, figure, {shown}, dpi)
    kept = {form: files[form] for form in FORMATS if form in {*asked, shown}}
    return Picture(drawing.key, cell, figure.get_figwidth(), mark, shown, kept)


def _with(
    files: Mapping[str, bytes], figure: Figure, formats: set[str], dpi: int
) -> Mapping[str, bytes]:
    """Return a figure's files with those formats that it has not yet."""
    missing = formats - files.keys()
    return {**files, **style.encode(figure, missing, dpi)} if missing else files


def fingerprint(figure: Figure, dpi: int) -> str:
    """Return a mark that two figures share only if they look the same, '' if it has none.

    Args:
        dpi: of its pixels.
    """
    try:
        content = pickle.dumps(figure)
    except (pickle.PicklingError, AttributeError, TypeError):  # labels made by a function
        return ""
    places: dict[bytes, int] = {}
    plain = ADDRESS.sub(lambda m: b"@%d" % places.setdefault(m[1], len(places)), content)
    return hashlib.sha256(b"%d" % dpi + _look() + plain).hexdigest()


@cache
def _look() -> bytes:
    """Return what decides how any figure is encoded."""
    return matplotlib.__version__.encode() + Path(style.__file__).read_bytes()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def figure_files(drawn: Sequence[Picture]) -> dict[str, bytes]:
    """Return the content of each figure's files by name, numbered in the page's order."""
    return {
        f"{stem}.{form}": data
        for stem, picture in zip(stems(drawn), drawn, strict=True)
        for form, data in picture.files.items()
    }


def stems(drawn: Sequence[Picture]) -> list[str]:
    """Return the name of each figure's files without their endings."""
    found = []
    for place, picture in enumerate(drawn, 1):
        cell = re.sub(r"[^A-Za-z0-9_.=-]+", "_", picture.cell)[:60]
        found.append(f"{place:02d}-{picture.key}" + (f"-{cell}" if cell else ""))
    return found


def data_uri(picture: Picture) -> str:
    """Return the picture as it is embedded in the page."""
    kind = {"svg": "svg+xml"}.get(picture.shown, picture.shown)
    data = picture.files[picture.shown]
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
