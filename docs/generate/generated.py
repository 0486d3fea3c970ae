"""A Sphinx extension: what the code says takes the place of its marks in a page.

A mark is a line ``<!-- generate: NAME -->``; NAME is one of ``PARTS``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bench_pages import commands, default_grid, grid_keys, grids, where_a_change_goes
from component_pages import COMPONENTS
from report_pages import failures, sections

MARK = re.compile(r"^<!-- generate: (\S+) -->$", re.M)
PARTS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "grid-keys": grid_keys,
    "grids": grids,
    "default-grid": default_grid,
    "where-a-change-goes": where_a_change_goes,
    "failures": failures,
    "report": sections,
    **COMPONENTS,
}


def filled(markdown: str) -> str:
    """Return a page's text with the code's words in the place of marks.

    Raises:
        KeyError: a mark names no part.
    """
    return MARK.sub(lambda mark: PARTS[mark[1]](), markdown)


def setup(app: Any) -> dict[str, bool]:
    """Have Sphinx fill every page that it reads."""
    app.connect("source-read", _fill)
    return {"parallel_read_safe": True}


def _fill(_app: Any, _page: str, source: list[str]) -> None:
    source[0] = filled(source[0])
