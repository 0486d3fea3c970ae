"""Between what values the seeds of a method lie at every step, and whether a run lies there too.

For a run made again on another kind of machine: rounding differs there, training carries that into
every number, and no byte can be expected to be the same. What can be expected is another draw of
the same distribution, of which a grid has a few seeds.

A value is outside where it is further from its band than WIDER times the band's width; a run is
where more than TOLERATED of its values are. Measured on the default grid, by holding every run
against bands of the other seeds: of its settings, and of the other methods, which it should leave.

    seeds in a band              3               4               5
    own settings: outside        5 of 300        0 of 150        0 of 30
    other methods: outside       2,399 of 2,400  1,800 of 1,800  720 of 720

and on the twelve settings of regime.yaml 4 of 720, 0 of 360 and 0 of 72 were outside their own.

So a run inside says that nothing here tells it from another seed of its settings: not that it is
this seed's, nor that a stored number is the one that was measured.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from bench.bundle.contents import alike
from runners.store.grid import GridStore
from runners.store.run import RunStore

FILE = "bands.json"
ROWS = ("metrics", "scores")
WIDER = {3: 4.0, 4: 2.5, 5: 2.0}
"""By the number of seeds that make a band, up to the most: the range of few is much too narrow."""

LEAST, MOST = min(WIDER), max(WIDER)
TOLERATED = 0.05

Band = list[Any]
"""[step, smallest, largest, how many seeds]."""

Bands = list[dict[str, Any]]
"""One entry for the runs that differ in nothing but the seed: runs, and columns -> bands."""


def bands(grid: GridStore, plan: Mapping[str, Any]) -> Bands:
    """Return the bands of all runs of a plan that confirm or compare; trials have none."""
    groups: dict[str, list[str]] = {}
    for run_id, spec in plan["runs"].items():
        groups.setdefault(alike(spec), []).append(run_id)
    return [
        {"runs": runs, "columns": _columns([values(grid.run(run_id)) for run_id in runs])}
        for runs in groups.values()
    ]


def written(found: Bands) -> bytes:
    """Return bands as a file."""
    return (json.dumps(found) + "\n").encode()


def values(run: RunStore) -> dict[tuple[str, int], float]:
    """Return the losses and scores of a run by column and step."""
    return {
        (f"{name}.{column}", row["step"]): value
        for name in ROWS
        for row in run.rows(name)
        for column, value in row.items()
        if column != "step" and isinstance(value, int | float) and not isinstance(value, bool)
    }


def outside(found: Bands, run_id: str, again: RunStore) -> tuple[int, int, list[str]] | None:
    """Hold a run against the bands of its settings.

    Args:
        found: of :func:`bands`.
        run_id: the run that was made again.
        again: what was made.

    Returns:
        How many values are outside, of how many, and the columns they are in, most first; None
        where too few seeds make a band.
    """
    mine = next((one["columns"] for one in found if run_id in one["runs"]), {})
    limits = {
        (column, step): (low - (room := _room(low, high, seeds)), high + room)
        for column, steps in mine.items()
        for step, low, high, seeds in steps
        if seeds >= LEAST
    }
    made = values(again)
    if not limits:
        return None
    out = [key for key, (low, high) in limits.items() if not low <= made.get(key, math.nan) <= high]
    columns = [column for column, _ in out]
    return len(out), len(limits), sorted(set(columns), key=lambda c: (-columns.count(c), c))


def _room(low: float, high: float, seeds: int) -> float:
    """Return how far from a band a value may be."""
    return WIDER[min(seeds, MOST)] * (high - low)


def too_far(count: int, of: int) -> bool:
    """Whether a run with so many values outside is itself outside."""
    return count > TOLERATED * of


def _columns(runs: list[dict[tuple[str, int], float]]) -> dict[str, list[Band]]:
    found: dict[str, list[Band]] = {}
    for column, step in sorted({key for run in runs for key in run}):
        there = [run[column, step] for run in runs if (column, step) in run]
        found.setdefault(column, []).append([step, min(there), max(there), len(there)])
    return found


def differing(stored: object, found: Bands) -> Iterator[str]:
    """Yield a line for all runs of one setting whose bands are not those of the rows."""
    if not isinstance(stored, list) or len(stored) != len(found):
        yield f"{FILE}: has not one entry for each of the {len(found)} settings of the plan"
        return
    for mine, rows in zip(stored, found, strict=True):
        who = f"{FILE}: {rows['runs'][0]} and its other seeds"
        if not isinstance(mine, dict) or mine.keys() != rows.keys() or mine["runs"] != rows["runs"]:
            yield f"{who}: lists other runs than the plan"
            continue
        wrong = [
            (column, *band)
            for column, steps in rows["columns"].items()
            for n, band in enumerate(steps)
            if mine["columns"].get(column, [])[n : n + 1] != [band]
        ]
        if wrong:
            column, step, low, high, seeds = wrong[0]
            more = f"; {len(wrong) - 1} more are not those of the rows" if len(wrong) > 1 else ""
            yield f"{who}: {column}, step {step}: not {low} to {high} of {seeds} seeds{more}"
        elif mine["columns"] != rows["columns"]:
            yield f"{who}: has bands that no run has a value in"
