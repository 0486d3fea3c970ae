"""Recorded columns over training: the median and range over seeds, and where runs failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from reports.load.columns import Frame
from reports.load.results import Results
from runners.store.states import State

FAILED = (State.DIVERGED, State.CRASHED)


@dataclass(frozen=True)
class Curves:
    """Recorded columns over steps.

    Args:
        seeds: one row per cell, method (and layer), column and step: median, low and high over
            seeds.
        stops: one row per diverged or crashed run (and layer) and column: run_id, cell, method,
            and step and value of its last number.
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
    keys = ["cell", "method", *by]
    recorded = _long(frame, columns, ["run_id", *keys, "step"])
    groups = recorded.groupby([*keys, "column", "step"], observed=True)["value"]
    seeds = groups.agg(median="median", low="min", high="max").reset_index()
    failed = results.runs.loc[results.runs["state"].isin(FAILED), "run_id"]
    ended = recorded[recorded["run_id"].isin(failed)].sort_values("step", kind="stable")
    return Curves(seeds, ended.groupby(["run_id", *by, "column"]).tail(1))


def _long(frame: Frame, columns: Sequence[str], keys: Sequence[str]) -> Frame:
    """Return one row per recorded number: the keys, column and value; missing ones are left out."""
    names = {"the column": "column", "the value": "value"}  # no recorded column has these names
    known = frame[[*keys, *columns]].melt(list(keys), list(columns), *names)
    known = known.rename(columns=names).astype({"value": float})
    return known.dropna(subset="value")
