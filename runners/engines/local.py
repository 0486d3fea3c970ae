"""The local engine: one single-threaded worker process a core, each run crash-isolated.

Workers are forked from a server that has imported torch once, so a worker is ready in
milliseconds. A worker that dies or hangs is replaced; only the run it was at is lost.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import wait
from tempfile import TemporaryDirectory
from typing import Any

from runners.engines.worker import Worker
from runners.errors import StoreProblem, UserProblem
from runners.options import Limits, Options
from runners.spec import RunSpec
from runners.store.grid import GridStore
from runners.store.run import RunStore
from runners.store.states import State, Status

POLL = 0.2  # seconds between looks at the workers
GRACE = 30.0  # seconds for a worker to write its checkpoint before it is killed

# One thread a worker; and a glibc that keeps freed pages instead of faulting them in again.
WORKER_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(4 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(16 << 30),
    "MALLOC_TOP_PAD_": str(64 << 20),
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
}

Watcher = Callable[[dict[str, tuple[str, int, int]]], None]
Note = Callable[[str, str], None]


@dataclass
class Job:
    """A run on its way: waiting, in a worker, or waiting again.

    Args:
        spec, store: the run.
        failures: attempts that crashed so far.
        deferred: whether another process was found at it before.
        deadline: when its time is up, on the monotonic clock.
        told: when its worker was asked to stop.
        cause: why.
    """

    spec: RunSpec
    store: RunStore
    failures: int = 0
    deferred: bool = False
    deadline: float = float("inf")
    told: float | None = None
    cause: str = ""


class LocalEngine:
    """Runs specs in worker processes of this machine.

    Args:
        workers: processes at once.
        options: how and where to run.
        limits: of time and of attempts.
        note: called with (topic, text) of what a worker has to say besides its results.
    """

    def __init__(
        self,
        workers: int,
        options: Options,
        limits: Limits | None = None,
        note: Note = lambda _topic, _text: None,
    ) -> None:
        self.count, self.options, self.note = workers, options, note
        self.limits = limits or Limits()
        os.environ.update(WORKER_ENVIRONMENT, TMPDIR=_scratch().name)
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["runners.engines.guard", "runners.engines.preload"])
        self.idle: list[Worker] = []
        self.jobs: dict[Worker, Job] = {}
        self.stopping = False

    @contextmanager
    def open(self) -> Iterator[LocalEngine]:
        """Let all workers go at the end; on an error or interrupt, kill those at work."""
        try:
            yield self
        finally:
            for worker in self.jobs:
                worker.kill()
            for worker in (*self.jobs, *self.idle):
                worker.close()

    def prepare(self, specs: Iterable[RunSpec]) -> list[str]:
        """Fill caches in a worker; see :func:`runners.engines.task.prepare`.

        Raises:
            UserProblem: what is missing and what to do.
        """
        kinds = {(spec.dataset, spec.evaluation): spec for spec in specs}
        worker = self._worker()
        self.idle.append(worker)  # where open() finds it
        worker.send("prepare", list(kinds.values()), self.options)
        try:
            while (answer := worker.receive()) and answer[0] == "note":
                self.note(*answer[1:])
        except KeyboardInterrupt:
            worker.kill()  # nothing of it needs a checkpoint
            raise
        if answer is None:
            raise UserProblem(f"preparing failed: {worker.ending()}")
        kind, value, _ = answer
        if kind == "done":
            return value
        raise UserProblem(value) if kind == "problem" else RuntimeError(value)

    def run(
        self, specs: Iterable[RunSpec], store: GridStore, watch: Watcher
    ) -> Iterator[tuple[RunSpec, Status]]:
        """Execute runs and yield (spec, status) as each ends.

        Args:
            specs: runs to do, in order.
            store: the grid's results.
            watch: called a few times a second with {run_id: (label, step, steps)} of the
                runs in progress.
        """
        queue = deque(Job(spec, store.run(spec.run_id)) for spec in specs)
        while self.jobs or (queue and not self.stopping):
            self._dispatch(queue)
            for job, status in self._ended():
                if self._once_more(job, status):
                    queue.append(job)
                else:
                    yield job.spec, status
            self._enforce()
            watch({job.spec.run_id: _progress(job) for job in self.jobs.values()})

    def stop(self) -> None:
        """Start no run any more, and have those in progress write a checkpoint and end."""
        self.stopping = True
        for worker, job in self.jobs.items():
            _ask(worker, job, "stopped")

    def _worker(self) -> Worker:
        while self.idle:
            worker = self.idle.pop()
            if worker.process.is_alive():
                return worker
            worker.close()
        return Worker(self.context)

    def _dispatch(self, queue: deque[Job]) -> None:
        while queue and not self.stopping and len(self.jobs) < self.count:
            job, worker = queue.popleft(), self._worker()
            job.told, job.deadline = None, time.monotonic() + (self.limits.timeout or float("inf"))
            if worker.send("execute", job.spec, job.store.folder, self.options):
                self.jobs[worker] = job
            else:
                worker.close()
                queue.appendleft(job)

    def _ended(self) -> Iterator[tuple[Job, Status]]:
        """Wait a moment, and yield the jobs that ended in it with their statuses."""
        sources = {worker.connection: worker for worker in self.jobs}
        for source in wait(list(sources), timeout=POLL):
            worker = sources[source]  # pyright: ignore
            message = worker.receive()
            if message and message[0] == "note":
                self.note(*message[1:])
                continue
            job = self.jobs.pop(worker)
            if message is None:
                status = self._lost(job, worker.ending())
                worker.close()
            else:
                kind, value, spent = message
                self._release(worker, spent)
                status = self._judge(job, kind, value)
            yield job, status

    def _release(self, worker: Worker, spent: bool) -> None:
        if spent:
            worker.close()
        else:
            self.idle.append(worker)

    def _judge(self, job: Job, kind: str, value: Any) -> Status:
        """Return the status of a run whose worker answered."""
        if kind != "done":
            return _crash(job, "the worker failed outside the run", value)
        if value.state != State.UNFINISHED or self.stopping:
            return value
        cause = job.cause if job.told else "its worker was told to stop (SIGTERM)"
        return _crash(job, f"{cause}; {value.reason}")

    def _lost(self, job: Job, ending: str) -> Status:
        """Return the status of a run whose worker died."""
        if job.told and self.stopping:
            reason = "killed, as it did not stop; goes on from its last checkpoint"
            return Status(State.UNFINISHED, reason=reason)
        words = f"{job.cause}; killed, as it did not stop" if job.told else ending
        return _crash(job, words, job.store.log_tail())

    def _once_more(self, job: Job, status: Status) -> bool:
        """Say whether to try a run again: after a failure, or a last look at a busy one."""
        if self.stopping:
            return False
        if status.state == State.BUSY and not job.deferred:
            job.deferred = True
            return True
        if status.state != State.CRASHED or job.failures >= self.limits.retries:
            return False
        job.failures += 1
        which = f"retry {job.failures} of {self.limits.retries}"
        self.note(f"{job.spec.run_id} {which}", f"{job.spec.run_id}: {status.reason}; {which}")
        return True

    def _enforce(self) -> None:
        now = time.monotonic()
        for worker, job in self.jobs.items():
            if job.told is None and now > job.deadline:
                _ask(worker, job, f"longer than --run-timeout {self.limits.timeout:g} s")
            elif job.told is not None and now > job.told + GRACE:
                worker.kill()


@cache
def _scratch() -> TemporaryDirectory[str]:
    """Return a folder, gone with this process, for what wandb and torch leave in TMPDIR."""
    return TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True)


def _ask(worker: Worker, job: Job, cause: str) -> None:
    job.told, job.cause = time.monotonic(), cause
    worker.ask_to_stop()


def _crash(job: Job, reason: str, traceback: str = "") -> Status:
    job.store.record_crash(reason, traceback)
    return Status(State.CRASHED, reason=reason, traceback=traceback)


def _progress(job: Job) -> tuple[str, int, int]:
    try:
        row = job.store.last_row("timing")
    except StoreProblem:
        row = None
    return (
        f"{job.spec.method_label} seed {job.spec.seed}",
        row["step"] if row else 0,
        job.spec.steps,
    )


def default_workers() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
