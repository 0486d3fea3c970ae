"""What every schedule keeps."""

from __future__ import annotations

import math

from runners.contracts.base import Check, is_described, is_stored_and_read_back, require
from runners.schedules import Schedule

STEPS = 400


def stored_fields(schedule: Schedule) -> None:
    """Fields are plain data that reach the spec and come back."""
    if schedule.problem(6) is None:  # the steps of the spec that is stored
        is_stored_and_read_back(schedule, "schedule")


def factors(schedule: Schedule) -> None:
    """Shares of a learning rate are finite numbers from 0 on, and not all of them are 0."""
    found = {step: schedule.factor(step, STEPS) for step in range(1, STEPS + 1)}
    for step, factor in found.items():
        right = isinstance(factor, float) and math.isfinite(factor) and factor >= 0
        require(right, f"factor({step}, {STEPS}) is {factor!r}, not a number from 0 on")
    require(any(found.values()), "every factor is 0, so that nothing is trained")


def resumed(schedule: Schedule) -> None:
    """A share is a function of the step alone, whatever was asked for before."""
    forwards = [schedule.factor(step, STEPS) for step in range(1, STEPS + 1)]
    backwards = [schedule.factor(step, STEPS) for step in range(STEPS, 0, -1)]
    require(
        forwards == backwards[::-1],
        "factors depend on what was asked before; a resumed run would go on differently",
    )


CHECKS: tuple[Check, ...] = (is_described, stored_fields, factors, resumed)
