"""Figures for a paper: 3.3 inches, 8 points, nothing clipped, fonts embedded."""

from __future__ import annotations

import re
import zlib

import pytest
from matplotlib.lines import Line2D
from matplotlib.text import Text

from reports.figures import style
from reports.figures.paper import POINTS, WIDTH, in_column
from reports.page.sections import DRAWINGS

SLACK = 0.02  # inches: rounding


def _texts(figure):
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def _beyond(figure) -> float:
    """Return how far anything reaches out of a figure, in inches."""
    figure.draw_without_rendering()
    drawn = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    return max(-drawn.x0, -drawn.y0, drawn.x1 - width, drawn.y1 - height)


def _in_column(results, numbers, key):
    figures = list(DRAWINGS[key].figures(results, numbers))
    return [in_column(figure, cell) for cell, figure in figures]


LARGE = ("spreads", "singular-values")  # panels by layer and method, which take long


@pytest.mark.parametrize(
    "key", [pytest.param(k, marks=[pytest.mark.slow] * (k in LARGE)) for k in DRAWINGS]
)
def test_a_column_has_text_of_one_size_thin_lines_and_clips_nothing(
    mixed, tuned, toys, swept, numbers_of, key
) -> None:
    of_tuning = key.startswith(("tuning", "profiles"))
    of_settings = key in ("settings-heat-map", "setting-curves", "sweeps")
    others = toys if key == "surfaces" else swept if of_settings else mixed
    results = tuned if of_tuning else others
    for figure in _in_column(results, numbers_of(results), key):
        assert figure.get_figwidth() == WIDTH
        assert _beyond(figure) <= SLACK
        assert {text.get_fontsize() for text in _texts(figure)} == {POINTS}
        assert max([line.get_linewidth() for line in figure.findobj(Line2D)]) <= 3
        assert figure.get_suptitle() in ("", *results.cells)


def test_what_is_clipped_is_found(mixed, numbers_of) -> None:
    (figure,) = _in_column(mixed, numbers_of(mixed), "outcomes")
    figure.text(0.9, 0.5, "beyond the edge")
    assert _beyond(figure) > 0.3


def test_every_row_of_a_stack_is_named(mixed, numbers_of) -> None:
    (figure,) = _in_column(mixed, numbers_of(mixed), "final-scores")
    names = [[label.get_text().split("\n")[0] for label in ax.get_yticklabels()]
             for ax in figure.axes]  # fmt: skip
    assert names == [mixed.methods] * 2


def test_fonts_of_a_pdf_are_embedded_as_truetype_and_svg_has_outlines(mixed, numbers_of) -> None:
    figure = DRAWINGS["outcomes"].draw(mixed, numbers_of(mixed))
    assert figure is not None
    files = style.encode(figure, ["pdf", "svg"])
    streams = re.findall(rb"stream\r?\n(.*?)endstream", files["pdf"], re.DOTALL)
    text = files["pdf"] + b"".join(_inflated(stream) for stream in streams)
    assert b"/FontFile2" in text
    assert b"/Type3" not in text
    assert b"CreationDate" not in text
    assert b"<text" not in files["svg"]


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""
