"""The far side of the Ray engine: an actor with a local engine of one worker.

What there is to say of processes, signals, threads, logs and GPUs is the local engine's. Nothing
from outside this package is unpickled here: specs pass through to the worker as bytes.
"""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import sys
import tempfile
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from runners.engines.base import Attempt, Ended, Event, Lost, Progress
from runners.engines.local import LocalEngine
from runners.engines.resources import Resources
from runners.engines.scratch import scratch
from runners.errors import StoreProblem, UserProblem
from runners.files import digest
from runners.options import Options
from runners.store.lease import NO_CLAIM, Claim
from runners.store.parcel import Arrivals, Changes, Piece, batches
from runners.store.probe import Probe
from runners.store.run import RunStore

PATIENCE = 1.0  # seconds without news before an answer says so


@dataclass(frozen=True)
class Facts:
    """What must be the same on all nodes for the same bytes.

    Args:
        suite: hash of the files of this package.
        torch: its version.
    """

    suite: str
    torch: str


@cache
def facts() -> Facts:
    """Return those of this process."""
    root = Path(__file__).parents[1]
    files = sorted(root.rglob("*.py"))
    names = [file.relative_to(root).as_posix().encode() for file in files]
    content = b"\0".join([*names, *(file.read_bytes() for file in files)])
    return Facts(digest(content)[:12], metadata.version("torch"))


class Sealed:
    """Something that only a worker unpickles.

    Args:
        content: pickled.
        run_id: of the spec that it may be.
    """

    def __init__(self, content: bytes, run_id: str = "") -> None:
        self.content, self.run_id = content, run_id

    def __reduce__(self) -> Any:
        return (pickle.loads, (self.content,))


@dataclass(frozen=True)
class Sent:
    """An attempt on its way to an actor.

    Args:
        run: its id.
        number: of the attempt.
        spec: the run, pickled.
        folder: of the run, where the driver is.
        claim: on the run.
    """

    run: str
    number: int
    spec: bytes
    folder: Path
    claim: Claim


class Far:
    """Executes attempts, one at a time, in a worker process of its node.

    Args:
        options: how and where to run.
        environment: variables to set first.
        plugins: contents of the plugin files.
    """

    def __init__(
        self, options: Options, environment: Mapping[str, str], plugins: Sequence[bytes]
    ) -> None:
        sys.modules["__main__"].__file__ = None  # else every worker imports Ray's main program
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver gets it too, and says what to do
        os.environ.update(environment)
        files = [_placed(*both) for both in zip(options.plugins, plugins, strict=True)]
        options = replace(options, plugins=tuple(files))
        self.engine = LocalEngine(options, Resources(workers=1))
        self.engine.warm_up()
        self.away: Away | None = None

    def facts(self) -> Facts:
        """Return this node's."""
        return facts()

    def sees(self, probe: Probe) -> bool:
        """Whether this node sees the folder where the driver made a probe."""
        return probe.seen()

    def prepare(self, specs: list[bytes]) -> tuple[str, Any, list[tuple[str, str]]]:
        """Return how preparing went: kind and value as a worker says it, and notes."""
        notes: list[tuple[str, str]] = []
        sealed: list[Any] = [Sealed(spec) for spec in specs]
        try:
            lines = self.engine.prepare(sealed, lambda *note: notes.append(note))
        except UserProblem as problem:
            return "problem", str(problem), notes
        except RuntimeError as error:
            return "failed", str(error), notes
        return "done", lines, notes

    def receive(self, run: str, pieces: list[Piece]) -> None:
        """Take pieces of a run's folder that this node does not see."""
        if self.away is None:
            self.away = Away(run)
        self.away.receive(pieces)

    def submit(self, sent: Sent, stop: bool) -> tuple[list[Event], list[Piece]]:
        """Take an attempt on, in a folder of this node if it does not see the run's.

        Args:
            sent: the attempt.
            stop: whether it is to be stopped at once.

        Returns:
            The first of its :meth:`events`: one message for a short run.
        """
        spec: Any = Sealed(sent.spec, sent.run)
        folder, claim = sent.folder, sent.claim
        if self.away:
            folder, claim = self.away.begin(), NO_CLAIM
        self.engine.submit(Attempt(spec, sent.number, folder, claim))
        if stop:
            self.stop(sent.run)
        return self.events()

    def events(self) -> tuple[list[Event], list[Piece]]:
        """Wait a moment for news of the attempt, and return them and what changed in its folder."""
        if not self.away:
            return self._heard(), []
        events, pieces = self.away.news(self._heard)
        if any(isinstance(event, Ended | Lost) for event in events):
            self.away.close()
            self.away = None
        return events, pieces

    def _heard(self) -> list[Event]:
        heard: list[Event] = []
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            news = list(self.engine.events())
            heard = [event for event in heard if not isinstance(event, Progress)] + news
            if any(not isinstance(event, Progress) for event in news):
                break
        return heard

    def stop(self, run: str) -> None:
        """Have a run write a checkpoint and end."""
        self.engine.stop(run)

    def kill(self, run: str) -> None:
        """End a run's process at once."""
        self.engine.kill(run)

    def close(self) -> None:
        """End what is in progress, and let the worker go."""
        self.engine.__exit__()


class Away:
    """A run's folder on a node that does not see the driver's.

    Args:
        run: its id.
    """

    def __init__(self, run: str) -> None:
        self.root = Path(tempfile.mkdtemp(dir=scratch()))
        self.store = RunStore(self.root / "runs" / run)
        self.store.receive()
        self.arrivals, self.changes = Arrivals(self.store), Changes(self.store)
        self.problem: Exception | None = None
        self.last: list[Event] = []
        self.left: deque[list[Piece]] = deque()

    def receive(self, pieces: list[Piece]) -> None:
        """Write what there is of the run; nobody waits for the answer, so :meth:`begin` tells."""
        try:
            self.arrivals.write(pieces)
        except (OSError, StoreProblem) as problem:
            self.problem = problem

    def begin(self) -> Path:
        """Return the folder, with all there is of the run; from now on its changes count.

        Raises:
            OSError, StoreProblem: it could not be written.
        """
        if self.problem:
            raise self.problem
        for _ in self.changes.look():
            pass
        return self.store.folder

    def news(self, heard: Any) -> tuple[list[Event], list[Piece]]:
        """Return events and a batch of pieces; the end comes with the last."""
        if not self.left:
            self.last = heard()
            self.left.extend(batches(self.changes.look()))
        pieces = self.left.popleft() if self.left else []
        if self.left:
            return [], pieces
        events, self.last = self.last, []
        return events, pieces

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.root, ignore_errors=True)


def _placed(path: Path, content: bytes) -> Path:
    """Return where a plugin is on this node, with the same content as the driver's."""
    try:
        if path.read_bytes() == content:
            return path
    except OSError:
        pass
    own = scratch() / "plugins" / digest(content)[:16] / path.name
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_bytes(content)
    return own
