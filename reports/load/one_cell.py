"""Narrow frames, and groups of frames, to one cell."""

from __future__ import annotations

from typing import TypeVar

from reports.load.columns import Frame
from reports.load.narrow import narrowed

T = TypeVar("T")


def one_cell(group: T, cell: str) -> T:
    """Return a dataclass of frames with the rows of one cell; methods keep their categories.

    Args:
        group: a dataclass; frames with a column ``cell``, and dataclasses of such frames, are
            narrowed, everything else stays.
        cell: the label.
    """
    return narrowed(group, lambda frame: _of_cell(frame, cell), _has_cells)


def _of_cell(frame: Frame, cell: str) -> Frame:
    return frame[frame["cell"] == cell] if "cell" in frame else frame


def _has_cells(value: object) -> bool:
    return getattr(value, "has_cells", False)
