"""Recorded columns over training: the median and range over seeds, and where runs failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from runners.store.states import State

FAILED = (State.DIVERGED, State.CRASHED)


@dataclass(frozen=True)
class Curves:
    """Recorded columns over steps.

    Args:
        seeds: one row per cell, method, step (and layer) and recorded column: column; median,
            low and high over seeds.
        stops: one row per diverged or crashed run and recorded column: column; step and value
            of its last number.
    """

    seeds: Frame = field(repr=False)
    stops: Frame = field(repr=False)
    has_cells: ClassVar[bool] = True

    def of(self, column: str, **where: str) -> Curves:
        """Return the curves of one recorded column, and of one cell or layer if named."""
        return Curves(_of(self.seeds, column, where), _of(self.stops, column, where))


def _of(frame: Frame, column: str, where: dict[str, str]) -> Frame:
    shown = frame["column"] == column
    for name, value in where.items():
        shown &= frame[name] == value
    return frame[shown]


def curves(
    results: Results, frame: Frame, columns: Sequence[str], by: Sequence[str] = ()
) -> Curves:
    """Return the curves of some columns of a frame of rows.

    Args:
        results: of a grid, which knows the runs that failed.
        frame: rows with run_id, cell, method, step and the columns; at most one per run, step
            and values of ``by``.
        columns: what to follow.
        by: further columns that tell curves apart, such as the layer.
    """
    failed = results.runs.loc[results.runs["state"].isin(FAILED), "run_id"]
    ended = frame[frame["run_id"].isin(failed)].sort_values("step", kind="stable")
    keys = ["cell", "method", *by]
    seeds = [_seeds(frame, column, [*keys, "step"]) for column in columns]
    stops = [_stops(ended, column, keys) for column in columns]
    names = [*keys, "step", "column"]
    return Curves(
        _joined(seeds, [*names, "median", "low", "high"]), _joined(stops, [*names, "value"])
    )


def _seeds(frame: Frame, column: str, keys: list[str]) -> Frame:
    grouped = frame.dropna(subset=column).groupby(keys, observed=True)[column]
    over = grouped.agg(median="median", low="min", high="max").reset_index()
    return over.assign(column=column)


def _stops(ended: Frame, column: str, keys: list[str]) -> Frame:
    last = ended.dropna(subset=column).groupby("run_id").tail(1)
    return last[[*keys, "step", column]].rename(columns={column: "value"}).assign(column=column)


def _joined(frames: list[Frame], columns: list[str]) -> Frame:
    present = [frame for frame in frames if len(frame)]
    if not present:
        return pd.DataFrame(columns=columns)
    return pd.concat(present, ignore_index=True)
