"""What may be said of a run: the state it is in, and how it came to it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from runners.errors import StoreProblem


class State(StrEnum):
    """The state of a run."""

    FINISHED = "finished"
    """All its steps are done."""
    DIVERGED = "diverged"
    """A loss or gradient norm stopped being finite, which ends a run as a result."""
    CRASHED = "crashed"
    """It was ended by a fault that says nothing about its method."""
    UNFINISHED = "unfinished"
    """It began, and may go on from its checkpoint."""
    MISSING = "missing"
    """It has not begun."""
    BUSY = "busy"
    """Another process is at it."""
    DAMAGED = "damaged"
    """Its files are not what the suite wrote."""


ENDED = (State.FINISHED, State.DIVERGED)
"""States with nothing left to do: their runs are sealed."""


@dataclass(frozen=True)
class Status:
    """How a run stands.

    Args:
        state: where it is.
        step: generator updates done.
        reason: why it is there, in a line.
        traceback: of a crash.
        seconds: of training, over all attempts.
        seconds_per_step: their mean.
        flops_per_step: operations of a generator step at the end of training.
        peak_bytes: most memory in use: on a processor by the worker's process from the run's
            start to its end, on a GPU by its tensors.
        environment: whether the disk or its permissions are at fault, so that other runs would
            fail as well; never stored.
    """

    state: State
    step: int | None = None
    reason: str | None = None
    traceback: str = ""
    seconds: float | None = None
    seconds_per_step: float | None = None
    flops_per_step: float | None = None
    peak_bytes: int | None = None
    environment: bool = False

    @property
    def ended(self) -> bool:
        """Whether there is nothing left to do."""
        return self.state in ENDED

    def to_json(self) -> dict[str, Any]:
        """Return what is stored: the state, and the details that are known."""
        known = dataclasses.asdict(self)
        del known["environment"]
        return {name: value for name, value in known.items() if value not in (None, "")}


_TYPES: dict[str, Any] = {
    "step": int, "reason": str, "traceback": str,
    "seconds": int | float, "seconds_per_step": int | float,
    "flops_per_step": int | float, "peak_bytes": int,
}  # fmt: skip


def from_json(data: dict[str, Any], path: Path) -> Status:
    """Return the status that a file holds.

    Raises:
        StoreProblem: it says no state, or a detail is not of its type.
    """
    if "state" not in data:
        raise StoreProblem(f"{path}: says no state")
    if data["state"] not in list(State):
        raise StoreProblem(f"{path}: state is {str(data['state'])[:40]}")
    details = {name: data[name] for name in _TYPES if data.get(name) is not None}
    for name, value in details.items():
        if not isinstance(value, _TYPES[name]):
            raise StoreProblem(f"{path}: {name} is {str(value)[:40]}")
    return Status(State(data["state"]), **details)
