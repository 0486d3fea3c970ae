"""Narrow groups of frames to some of their rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import pandas as pd

from reports.load.columns import Frame

T = TypeVar("T")


def narrowed(
    group: T, kept: Callable[[Frame], Frame], enters: Callable[[Any], bool] = lambda _: True
) -> T:
    """Return a dataclass of frames with some rows of each.

    Args:
        group: a dataclass; what it holds beside frames and dataclasses of frames stays.
        kept: a frame to its rows.
        enters: whether a dataclass in it is narrowed too.
    """
    changed = {
        field.name: _narrowed(getattr(group, field.name), kept, enters)
        for field in dataclasses.fields(group)  # pyright: ignore
    }
    return dataclasses.replace(group, **changed)  # pyright: ignore


def _narrowed(value: Any, kept: Callable[[Frame], Frame], enters: Callable[[Any], bool]) -> Any:
    if isinstance(value, pd.DataFrame):
        return kept(value)
    within = _has_frames(value) and enters(value)
    return narrowed(value, kept, enters) if within else value


def _has_frames(value: Any) -> bool:
    """Whether a value is a dataclass that holds frames."""
    return dataclasses.is_dataclass(value) and any(
        isinstance(getattr(value, field.name), pd.DataFrame) for field in dataclasses.fields(value)
    )
