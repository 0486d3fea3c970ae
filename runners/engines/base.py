"""What an engine is: the way a run takes to a process somewhere, and what is heard of it.

An engine moves attempts out and events back. It decides nothing: the queue, retries and
time-outs are the scheduler's, for every engine alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from runners.spec import RunSpec
from runners.store.lease import NO_CLAIM, Claim
from runners.store.states import Status

Tell = Callable[[str, str], None]
"""Called with (topic, text) of what a process has to say besides its results."""


@dataclass(frozen=True)
class Attempt:
    """One go at a run, from its last checkpoint.

    Args:
        spec: the run.
        number: 1 for the first go at it.
        folder: the run's folder.
        claim: on the run, if another process has it.
    """

    spec: RunSpec
    number: int
    folder: Path
    claim: Claim = NO_CLAIM

    @property
    def run(self) -> str:
        """The id of the run."""
        return self.spec.run_id


@dataclass(frozen=True)
class Started:
    """An attempt has got its process: its time runs from here."""

    run: str
    attempt: int


@dataclass(frozen=True)
class Progress:
    """An attempt has come as far as ``step`` generator updates."""

    run: str
    attempt: int
    step: int


@dataclass(frozen=True)
class Note:
    """Words for the user; a topic is worth telling once."""

    topic: str
    text: str


@dataclass(frozen=True)
class Ended:
    """An attempt came to its end, and this is how its process says the run stands."""

    run: str
    attempt: int
    status: Status


@dataclass(frozen=True)
class Lost:
    """An attempt was cut off: its process died, or failed outside the run.

    Args:
        run, attempt: which.
        reason: what is known of it, in a line.
        traceback: of the failure, where there is one.
    """

    run: str
    attempt: int
    reason: str
    traceback: str = ""


Event = Started | Progress | Note | Ended | Lost


class Detached(Exception):
    """Everything is with a batch system, and nobody needs to watch."""


class Engine(Protocol):
    """Carries attempts to processes and tells what becomes of them.

    A context: leaving it kills what is still in progress and lets all processes go.
    """

    @property
    def free(self) -> int:
        """How many attempts could be submitted now."""
        ...

    def prepare(self, specs: Sequence[RunSpec], tell: Tell) -> list[str]:
        """Check what these runs need and fill the caches, where the runs will be executed.

        Args:
            specs: one for each data set and evaluation of the grid, and each component from
                outside.
            tell: called while the work goes on.

        Returns:
            Lines to print, one per data set.

        Raises:
            UserProblem: what is missing and what to do.
        """
        ...

    def submit(self, attempt: Attempt) -> None:
        """Take an attempt on; only called while ``free`` is above 0.

        From here on the attempt ends with exactly one :class:`Ended` or :class:`Lost`, whatever
        happens to its process. Nothing is raised for the fault of one run, and the engine tries
        nothing twice.
        """
        ...

    def events(self) -> Iterator[Event]:
        """Wait a moment for news, and yield them, perhaps none.

        The events of one attempt come in order and each once, the first of them
        :class:`Started`. After its end ``free`` counts its place again.

        Raises:
            Detached: everything is submitted, and the user asked not to watch.
            UserProblem: nothing can be executed there; what to do.
        """
        ...

    def stop(self, run: str) -> None:
        """Ask a run in progress to write a checkpoint and end as unfinished; does not wait.

        A run that is not in progress any more is left alone, here and in ``kill``.
        """
        ...

    def kill(self, run: str) -> None:
        """End a run's process at once; the attempt is lost."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...
