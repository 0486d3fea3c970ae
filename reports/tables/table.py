"""What the page needs to know of a table, and how its rows begin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers


@dataclass(frozen=True)
class Table:
    """A table of the page.

    Args:
        key: names its place on the page.
        build: computed numbers to the frame to show; empty where there is nothing to show.
        missing: what to say then; '' leaves the table out.
        title: heading above it, '' for none.
        explanation: what it shows; may hold the fields of ``reports.page.wording``.
        folded: the line to click on where the table is folded away, '' where it is not.
        beside: the key of a figure without which the table is left out, '' for none.
    """

    key: str
    build: Callable[[Results, Numbers], Frame]
    missing: str
    title: str = ""
    explanation: str = ""
    folded: str = ""
    beside: str = ""


LEADING = ("published row", "cell", "method", "against", "outcome")
"""Columns that say what a row is."""
ARROWS = "\N{UPWARDS ARROW}", "\N{DOWNWARDS ARROW}"
"""One stands in the header of every score."""


def scores_first(frame: Frame) -> Frame:
    """Return a table with its scores right after the names of rows, where a phone shows them."""
    names = [column for column in frame.columns if column in LEADING]
    scores = [column for column in frame.columns if any(arrow in column for arrow in ARROWS)]
    rest = [column for column in frame.columns if column not in (*names, *scores)]
    return frame[[*names, *scores, *rest]]


def row_names(row: Any, results: Results) -> dict[str, str]:
    """Return the leading columns of a row: the cell, where there are several, and the method."""
    cell = {"cell": str(row["cell"])} if len(results.cells) > 1 else {}
    return cell | {"method": str(row["method"])}
