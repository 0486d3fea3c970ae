"""Checked rows to typed frames: every frame begins with run_id, cell, method and seed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

import pandas as pd

from reports.load.columns import (
    KEYS,
    LATER_COLUMNS,
    NUMBERS,
    ROW_COLUMNS,
    WHOLE,
    WITH_SCORES,
    Frame,
)
from reports.load.floors import FLOOR_COLUMNS
from reports.load.run_files import NO_RUN, Run
from runners.failures import FAILURES

Key: TypeAlias = tuple[str, str, str, int]
"""run_id, cell, method and seed of a run."""


def all_frames(
    runs: Mapping[str, Run],
    keys: Mapping[str, Key],
    varied: Mapping[str, dict[str, Any]],
    scored: Collection[str],
) -> dict[str, Frame]:
    """Return the frames of all runs, by their names in Results.

    Args:
        runs: by run id, in the plan's order.
        keys: by run id.
        varied: by run id: the settings that vary, as further columns of the frame ``runs``.
        scored: the names of the columns that hold scores.
    """
    rows = {
        name: _rows_frame(name, {i: run.rows[name] for i, run in runs.items()}, keys, scored)
        for name in ROW_COLUMNS
    }
    return rows | {
        "runs": _runs_frame(runs, keys, varied),
        "outcomes": _outcomes_frame(runs, keys),
        "floors": _floors_frame(runs, keys),
        "samples": _files_frame({i: run.grids for i, run in runs.items()}, keys),
        "surfaces": _files_frame({i: run.surfaces for i, run in runs.items()}, keys),
    }


def _keyed(key: Key, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row that begins with its run's keys."""
    return {**dict(zip(KEYS, key, strict=True)), **row}


def _rows_frame(
    name: str,
    runs: Mapping[str, list[dict[str, Any]]],
    keys: Mapping[str, Key],
    scored: Collection[str],
) -> Frame:
    """Return the rows of one row file of all runs."""
    rows = [_keyed(keys[i], row) for i, mine in runs.items() for row in mine]
    present = {column for row in rows for column in row} if name in WITH_SCORES else set()
    scores = [column for column in scored if column in present]
    columns = [*KEYS, *ROW_COLUMNS[name], *LATER_COLUMNS.get(name, ()), *scores]
    return _typed(pd.DataFrame(rows, columns=columns), keys, scores)


def _runs_frame(
    runs: Mapping[str, Run], keys: Mapping[str, Key], varied: Mapping[str, dict[str, Any]]
) -> Frame:
    if not runs:
        return _typed(pd.DataFrame(columns=[*KEYS, *NO_RUN]), keys)
    rows = [_keyed(keys[i], run.row | varied[i]) for i, run in runs.items()]
    return _typed(pd.DataFrame(rows), keys)


def _floors_frame(runs: Mapping[str, Run], keys: Mapping[str, Key]) -> Frame:
    rows = [_keyed(keys[i], row) for i, run in runs.items() for row in run.floors]
    return _typed(pd.DataFrame(rows, columns=[*KEYS, *FLOOR_COLUMNS]), keys, ["value"])


def _files_frame(files: Mapping[str, list[dict[str, Any]]], keys: Mapping[str, Key]) -> Frame:
    rows = [_keyed(keys[i], row) for i, mine in files.items() for row in mine]
    return _typed(pd.DataFrame(rows, columns=[*KEYS, "step", "path"]), keys)


def _outcomes_frame(runs: Mapping[str, Run], keys: Mapping[str, Key]) -> Frame:
    rows = [_keyed(keys[i], run.outcomes) for i, run in runs.items() if run.outcomes]
    columns = [*KEYS, "observed_until", "fall", "collapse_step", *FAILURES]
    return _typed(pd.DataFrame(rows, columns=columns), keys)


def _typed(frame: Frame, keys: Mapping[str, Key], scores: Collection[str] = ()) -> Frame:
    """Make numbers floats, counts integers, and cells and methods categories of the plan."""
    for column in frame.columns.intersection(sorted({*NUMBERS, *scores})):
        frame[column] = frame[column].astype(float)
    for column in frame.columns.intersection(WHOLE):
        frame[column] = frame[column].astype(int)
    for column, place in (("cell", 1), ("method", 2)):
        order = list(dict.fromkeys(key[place] for key in keys.values()))
        frame[column] = pd.Categorical(frame[column], categories=order, ordered=True)
    return frame
