"""The settings in which two grids differ, method by method."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.labels import as_text
from reports.load.results import Results
from reports.load.settings import flatten, settings
from reports.text import ABSENT

Place = tuple[str, str]
"""A cell, and a method of it."""


def changed(new: Results, old: Results, places: Iterable[tuple[Place, Place]]) -> Frame:
    """Return one row per change of a setting, or of a method's parameter.

    Args:
        new, old: two grids.
        places: of runs that both plan, in the newer and in the older one.

    Returns:
        setting, old, new: its value in either, as text; where: the places it is changed in.
    """
    found: dict[tuple[str, str, str], list[str]] = {}
    for place, earlier in places:
        before, after = settings_at(old, earlier), settings_at(new, place)
        for name in dict.fromkeys([*before, *after]):
            values = _text(before, name), _text(after, name)
            if values[0] != values[1]:
                found.setdefault((name, *values), []).append(", ".join(filter(None, place)))
    rows = [(*change, tuple(where)) for change, where in found.items()]
    return pd.DataFrame(rows, columns=["setting", "old", "new", "where"])


def settings_at(results: Results, place: Place) -> dict[str, Any]:
    """Return the settings of the first run there, and its method's parameters."""
    runs, (cell, method) = results.runs, place
    mine = runs[(runs["cell"] == cell) & (runs["method"] == method)]["run_id"]
    folder = mine.iloc[0].partition(" ")[0]  # the second row of a run in two cells has its name
    plan = results.plans[folder]
    return settings(plan) | flatten({"method": plan.spec["method"]})


def _text(values: Mapping[str, Any], name: str) -> str:
    return as_text(values[name]) if name in values else ABSENT
