"""Medians and ranges over the values that are present, and the groups they are taken over."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from reports.load.columns import Frame, Series
from reports.load.results import Results
from reports.load.score_columns import Score

SPREAD = ("n", "median", "q25", "q75", "iqr", "min", "max")
VALUE_COLUMNS = (*(f"value_{part}" for part in SPREAD), "total")
"""What :func:`score_spread` returns."""


def groups(results: Results) -> Iterator[tuple[str, str, Frame]]:
    """Yield (cell, method, its planned runs) in the plan's order."""
    for (cell, method), runs in results.runs.groupby(["cell", "method"], observed=True):
        yield cell, method, runs


def spread(values: Series, name: str) -> dict[str, float]:
    """Return n, median, quartiles, IQR, minimum and maximum of the values present."""
    present = values.dropna().to_numpy(float)
    quantiles = (0.5, 0.25, 0.75, 0.0, 1.0)
    found = np.quantile(present, quantiles) if len(present) else np.full(5, math.nan)
    median, q25, q75, low, high = map(float, found)
    return {
        f"{name}_n": len(present),
        f"{name}_median": median,
        f"{name}_q25": q25,
        f"{name}_q75": q75,
        f"{name}_iqr": q75 - q25,
        f"{name}_min": low,
        f"{name}_max": high,
    }


def score_spread(rows: Frame, score: Score) -> dict[str, float]:
    """Return the spread of a score as ``value``, with the total that a count is out of.

    Args:
        rows: with the score's column, one row per run.
        score: the column.
    """
    total = rows[score.total].max() if score.total in rows else math.nan
    return {**spread(rows[score.column], "value"), "total": total}


def median(values: Series) -> float:
    """Return the median of the values present, NaN where there are none."""
    present = values.dropna().to_numpy(float)
    return float(np.median(present)) if len(present) else math.nan
