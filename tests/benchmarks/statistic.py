"""A measured number: its repetitions, median and spread."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """Repetitions of one measurement.

    Args:
        values: in order of measuring.
        unit: of the values.
        higher_is_better: for comparisons with another day's.
    """

    values: list[float]
    unit: str
    higher_is_better: bool = False

    @property
    def median(self) -> float:
        """The middle value."""
        return statistics.median(self.values)

    def __str__(self) -> str:
        low, high = min(self.values), max(self.values)
        spread = f" [{low:.3g}, {high:.3g}]" if len(self.values) > 1 else ""
        return f"{self.median:.3g}{spread} {self.unit}"


def seconds(action: Callable[[], object]) -> float:
    """Return how long a call takes."""
    clock = time.perf_counter()
    action()
    return time.perf_counter() - clock
