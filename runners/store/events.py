"""What befell a run between its attempts: runs that went through undisturbed have no such file."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Any

from runners.store.states import State, Status


class Event(StrEnum):
    """How another attempt at a run began."""

    RESUMED = "resumed"
    """It was stopped, or its process was killed."""
    RETRIED = "retried"
    """It had crashed."""
    TAKEN_OVER = "taken over"
    """Another process had it, and gave no sign of life any more."""


def another_attempt(before: Status, step: int, taken_over: bool) -> list[dict[str, Any]]:
    """Return the row that says how another attempt begins, none for the first.

    Args:
        before: the run as the attempt finds it.
        step: generator updates that its checkpoint holds, 0 without one.
        taken_over: whether the process that had the run may still wake up.
    """
    if before.state == State.MISSING:
        return []
    crashed = before.state == State.CRASHED
    event = Event.RETRIED if crashed else Event.TAKEN_OVER if taken_over else Event.RESUMED
    row = {"step": step, "event": event, "reason": before.reason or "", "time": round(time.time())}
    return [row]
