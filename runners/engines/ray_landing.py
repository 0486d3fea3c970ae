"""The driver's side of an attempt on a node that does not see the run's folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack

from runners.engines.base import Attempt
from runners.store.parcel import Arrivals, Changes, Piece, batches
from runners.store.run import RunStore


class Landing:
    """Has the run's lease for the whole attempt, and writes what comes of it.

    Args:
        attempt: that is executed elsewhere.

    Raises:
        Held: another process has the run.
        LeaseLost, StoreProblem, OSError: nothing can be written there.
    """

    def __init__(self, attempt: Attempt) -> None:
        self.store = RunStore(attempt.folder)
        with ExitStack() as stack:
            stack.enter_context(self.store.lease(attempt.claim))
            self.store.receive()
            self.held = stack.pop_all()
        self.arrivals = Arrivals(self.store)

    def parcel(self) -> Iterator[list[Piece]]:
        """Yield all there is of the run in batches, at least one."""
        yield []
        yield from batches(Changes(self.store, aside=False).look())

    def write(self, pieces: Iterable[Piece]) -> None:
        """Write what changed elsewhere; see :class:`runners.store.parcel.Arrivals`."""
        self.arrivals.write(pieces)

    def close(self) -> None:
        """Let the run go."""
        self.held.close()
