"""Figures drawn and encoded, as the page and the folder of figures hold them."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from reports.figures.drawing import Drawing
from reports.figures.style import encode
from reports.load.results import Results
from reports.stats.numbers import Numbers

SVG_LIMIT = 300_000  # bytes; larger drawings are smaller as PNG


@dataclass(frozen=True)
class Picture:
    """An encoded figure.

    Args:
        key: of its drawing.
        cell: the cell it shows, '' for all.
        width: inches, so that text has one size on the page.
        svg, png: its two files.
    """

    key: str
    cell: str
    width: float
    svg: bytes = field(repr=False)
    png: bytes = field(repr=False)


def pictures(drawings: Iterable[Drawing], results: Results, numbers: Numbers) -> list[Picture]:
    """Draw and encode figures, in order."""
    return [
        Picture(drawing.key, cell, figure.get_figwidth(), *encode(figure))
        for drawing in drawings
        for cell, figure in drawing.figures(results, numbers)
    ]


def figure_files(drawn: Iterable[Picture]) -> dict[str, bytes]:
    """Return the content of each figure's two files by name, numbered in the page's order."""
    files = {}
    for place, picture in enumerate(drawn, 1):
        cell = re.sub(r"[^A-Za-z0-9_.=-]+", "_", picture.cell)[:60]
        stem = f"{place:02d}-{picture.key}" + (f"-{cell}" if cell else "")
        files |= {f"{stem}.svg": picture.svg, f"{stem}.png": picture.png}
    return files


def data_uri(picture: Picture, drawing: Drawing) -> str:
    """Return the picture as it is embedded in the page."""
    use_png = drawing.pixels or len(picture.svg) > SVG_LIMIT
    kind, data = ("png", picture.png) if use_png else ("svg+xml", picture.svg)
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
