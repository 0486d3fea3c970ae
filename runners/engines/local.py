"""The local engine: single-threaded worker processes on this machine, one per core or GPU.

Workers are forked from a server that has imported torch once, so a worker is ready in
milliseconds. A worker that died is replaced; only the attempt it was at is lost.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from multiprocessing.connection import wait
from typing import Any, Self

from runners.engines.base import Attempt, Ended, Event, Lost, Note, Progress, Started, Tell
from runners.engines.resources import Resources
from runners.engines.scratch import scratch
from runners.engines.slots import CPU, OWN_CHOICE, slots
from runners.engines.worker import Worker
from runners.errors import StoreProblem, UserProblem
from runners.options import Options
from runners.spec import RunSpec
from runners.store.run import RunStore

POLL = 0.2  # seconds between looks at the workers

# One thread per worker; and a glibc that keeps freed pages instead of faulting them in again.
WORKER_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(4 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(16 << 30),
    "MALLOC_TOP_PAD_": str(64 << 20),
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
}


class LocalEngine:
    """Executes attempts in worker processes of this machine.

    Args:
        options: how and where to run.
        resources: which devices, and runs at once; by default one per core, or one per GPU.
    """

    def __init__(self, options: Options, resources: Resources = OWN_CHOICE) -> None:
        self.options, self.resources = _on(options, resources), resources
        os.environ.update(WORKER_ENVIRONMENT, TMPDIR=str(scratch()))
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["runners.engines.guard", "runners.engines.preload"])
        self.slots = {CPU: _count(resources)}  # until prepare() has looked for GPUs
        self.idle: list[Worker] = []
        self.busy: dict[Worker, Attempt] = {}
        self.begun: deque[Attempt] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self.busy:
            worker.kill()
        for worker in (*self.busy, *self.idle):
            worker.close()

    @property
    def free(self) -> int:
        """How many attempts could be submitted now."""
        return sum(self.slots.values()) - len(self.busy)

    def warm_up(self) -> None:
        """Start the server of workers and a first worker before they are needed."""
        self.idle.append(self._worker())

    def prepare(self, specs: Sequence[RunSpec], tell: Tell) -> list[str]:
        """Fill caches and count GPUs in a worker; see :class:`runners.engines.base.Engine`."""
        worker = self._worker()
        self.idle.append(worker)  # where __exit__ finds it
        lines = _ask(worker, tell, "prepare", list(specs))
        self.slots = slots(_ask(worker, tell, "devices"), self.resources)
        if worker.device not in self.slots:
            self.idle.remove(worker)
            worker.close()
        return lines

    def submit(self, attempt: Attempt) -> None:
        """Give an attempt to a worker of a device that has a free slot."""
        worker = self._worker()
        while not worker.send("execute", attempt.spec, attempt.folder, attempt.claim):
            worker.close()
            worker = self._worker()
        self.busy[worker] = attempt
        self.begun.append(attempt)

    def events(self) -> Iterator[Event]:
        """Wait a moment, and yield what workers said and how far they are."""
        while self.begun:
            attempt = self.begun.popleft()
            yield Started(attempt.run, attempt.number)
        sources = {worker.connection: worker for worker in self.busy}
        for source in wait(list(sources), timeout=POLL):
            yield self._heard(sources[source])  # pyright: ignore
        for attempt in list(self.busy.values()):
            yield progress(attempt)

    def stop(self, run: str) -> None:
        """Send a run's worker SIGTERM."""
        for worker in self._at(run):
            worker.ask_to_stop()

    def kill(self, run: str) -> None:
        """Send a run's worker SIGKILL."""
        for worker in self._at(run):
            worker.kill()

    def _at(self, run: str) -> list[Worker]:
        return [worker for worker, attempt in list(self.busy.items()) if attempt.run == run]

    def _worker(self) -> Worker:
        """Return a worker of the first device with a free slot, one that waits if possible."""
        taken = Counter(worker.device for worker in self.busy)
        device = next(name for name, count in self.slots.items() if taken[name] < count)
        for worker in [worker for worker in reversed(self.idle) if worker.device == device]:
            self.idle.remove(worker)
            if worker.process.is_alive():
                return worker
            worker.close()
        return Worker(self.context, self.options, device)

    def _heard(self, worker: Worker) -> Event:
        """Return what a worker said, or that it died."""
        message = worker.receive()
        if message and message[0] == "note":
            return Note(*message[1:])
        attempt = self.busy.pop(worker)
        which = (attempt.run, attempt.number)
        if message is None:
            ending = worker.ending()
            worker.close()
            return Lost(*which, ending)
        kind, value, spent = message
        if spent:
            worker.close()
        else:
            self.idle.append(worker)
        if kind == "done":
            return Ended(*which, value)
        if kind == "problem":
            return Lost(*which, value)
        return Lost(*which, "the worker failed outside the run", value)


def _on(options: Options, resources: Resources) -> Options:
    """Return options whose device is of the kind that is asked for."""
    kinds = {name.partition(":")[0] for name in resources.devices}
    return replace(options, device=kinds.pop()) if kinds else options


def _count(resources: Resources) -> int:
    return sum(slots(resources.devices or (CPU,), resources).values())


def _ask(worker: Worker, tell: Tell, *message: Any) -> Any:
    """Return a worker's answer, waiting for it.

    Raises:
        UserProblem: what the worker found wrong, or that it died.
    """
    worker.send(*message)
    try:
        while (answer := worker.receive()) and answer[0] == "note":
            tell(*answer[1:])
    except KeyboardInterrupt:
        worker.kill()  # nothing of it needs a checkpoint
        raise
    if answer is None:
        raise UserProblem(f"preparing failed: {worker.ending()}")
    kind, value, _ = answer
    if kind == "done":
        return value
    raise UserProblem(value) if kind == "problem" else RuntimeError(value)


def progress(attempt: Attempt) -> Progress:
    """Return how far an attempt is, by its rows."""
    try:
        row = RunStore(attempt.folder).last_row("timing")
    except StoreProblem:
        row = None
    return Progress(attempt.run, attempt.number, row["step"] if row else 0)
