"""What a failure is judged from: the stored rows of one run, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from runners.store.states import State, Status

Row: TypeAlias = Mapping[str, Any]

THROUGHOUT = 0.95
"""Share of rows that is "throughout": a row or two may be an accident of its batches."""


@dataclass(frozen=True)
class Evidence:
    """One run as it is stored.

    Args:
        loss: the name of its loss.
        status: how it ended, if it did.
        metrics: rows of losses, logits and gradient norms, by ascending step.
        scores: rows of scores, by ascending step.
        batch_size: data of each kind in a batch; None where it is not known.
        floor: what held-out real data score, as it is stored; {} where nothing is.
    """

    loss: str
    status: Status
    metrics: Sequence[Row] = field(repr=False)
    scores: Sequence[Row] = field(repr=False)
    batch_size: int | None = None
    floor: Row = field(default_factory=dict, repr=False)

    @property
    def length(self) -> int | None:
        """The step it ended at; None while it has not."""
        return self.status.step if self.status.ended else None

    @property
    def finished(self) -> bool:
        """Whether its last score is its final one."""
        return self.status.state == State.FINISHED

    @property
    def trained(self) -> list[Row]:
        """The scores after step 0."""
        return [row for row in self.scores if row["step"] > 0]

    def real(self, column: str) -> float | None:
        """Return a column's score of held-out real data; None where it was not recorded."""
        return self.floor.get("real", self.floor).get(column)  # at top level in older runs

    def late(self, column: str, share: float) -> list[float]:
        """Return a column's numbers in the rows beyond ``share`` of an ended run."""
        return numbers(self.metrics, column, after=share * (self.length or 0))


@dataclass(frozen=True)
class Failure:
    """A way for a run to fail: judged, worded and given its thresholds in one place.

    Args:
        title: in table headers.
        meaning: what is judged, with the thresholds, in a sentence without its full stop.
        judge: True or False; None where the rows cannot tell: the run has not ended, a column
            is absent, or the loss gives the question no meaning.
    """

    title: str
    meaning: str
    judge: Callable[[Evidence], bool | None] = field(repr=False)


def numbers(rows: Iterable[Row], column: str, after: float = 0) -> list[float]:
    """Return a column's numbers in the rows beyond a step."""
    found = (row.get(column) for row in rows if row["step"] > after)
    return [value for value in found if value is not None]


def throughout(holds: Iterable[bool]) -> bool | None:
    """Say whether something holds in nearly all rows; None without rows."""
    each = list(holds)
    return sum(each) >= THROUGHOUT * len(each) if each else None


def both(a: bool | None, b: bool | None) -> bool | None:
    """Return ``a and b`` where None means unknown."""
    if a is False or b is False:
        return False
    return None if a is None or b is None else True
