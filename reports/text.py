"""Numbers as text: three significant digits, a dash for what is missing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

ABSENT = "–"


def number(value: Any, digits: int = 3) -> str:
    """Return a number with so many significant digits; 'failed' if infinite, '–' if missing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ABSENT
    if math.isinf(value):
        return "failed"
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        decimals = 0 if value == 0 else max(0, digits - 1 - math.floor(math.log10(abs(value))))
        return f"{value:.{decimals}f}"
    return f"{value:.{digits - 1}e}"


def ranked_median(row: Any) -> str:
    """Return a cell's median, diverged runs worst, or ``fail``, which is no longer than a number.

    Args:
        row: of the medians of settings.
    """
    failed = row["all_failed"] or math.isinf(row["ranked_median"])
    return "fail" if failed else number(row["ranked_median"])


def span(low: float, high: float) -> str:
    """Return ``low to high``, or a dash where either is missing."""
    return ABSENT if math.isnan(low) or math.isnan(high) else f"{number(low)} to {number(high)}"


def detectable_text(value: float) -> str:
    """Return the smallest difference that can be found; infinite where none is large enough."""
    if math.isnan(value):
        return "not known"
    return "none, however large" if math.isinf(value) else number(value, 2)


def median_range(row: Any, name: str, counts: bool = False) -> str:
    """Return ``median [min, max]``, or a dash; of counts with no more digits than they have."""
    middle, low, high = row[f"{name}_median"], row[f"{name}_min"], row[f"{name}_max"]
    if math.isnan(middle):
        return ABSENT
    shown = [f"{value:g}" if counts else number(value) for value in (middle, low, high)]
    return "{} [{}, {}]".format(*shown)


def out_of(row: Any, name: str, alone: bool = False) -> str:
    """Return ``median [min, max]``, of counts with the total that the row holds for them.

    Args:
        row: a row of numbers.
        name: the first part of their names.
        alone: leave out the range, of what has none.
    """
    counts = not math.isnan(row["total"])
    said = median_range(row, name, counts)
    said = said.split(" [")[0] if alone else said
    return f"{said} of {row['total']:g}" if counts and said != ABSENT else said


def listed(values: Sequence[Any], most: int = 6) -> str:
    """Return values with commas between them, those past the first few as a count."""
    if len(values) <= most:
        return ", ".join(map(str, values))
    return f"{', '.join(map(str, values[: most - 2]))}, ..., {values[-1]} ({len(values)} values)"


def counted(n: int, noun: str) -> str:
    """Return ``1 seed`` or ``6 seeds``."""
    return f"{n} {noun}{'s' if n != 1 else ''}"
