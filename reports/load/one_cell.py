"""Narrow frames, and groups of frames, to one cell."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

import pandas as pd

T = TypeVar("T")


def one_cell(group: T, cell: str) -> T:
    """Return a dataclass of frames with the rows of one cell; methods keep their categories.

    Args:
        group: a dataclass; frames with a column ``cell``, and dataclasses of such frames, are
            narrowed, everything else stays.
        cell: the label.
    """
    changed = {
        field.name: _narrowed(getattr(group, field.name), cell)
        for field in dataclasses.fields(group)  # pyright: ignore
    }
    return dataclasses.replace(group, **changed)  # pyright: ignore


def _narrowed(value: Any, cell: str) -> Any:
    if isinstance(value, pd.DataFrame):
        return value[value["cell"] == cell] if "cell" in value else value
    return one_cell(value, cell) if getattr(value, "has_cells", False) else value
