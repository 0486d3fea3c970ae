"""Which run is tried when, and what its end means: the same for every engine.

Knows the queue, retries, time-outs and the stop; knows nothing of processes.
"""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from runners.engines.base import Attempt, Ended, Engine, Lost, Note, Progress, Started, Tell
from runners.options import Limits
from runners.spec import RunSpec
from runners.store.grid import GridStore
from runners.store.lease import Claim, lapse
from runners.store.run import RunStore
from runners.store.states import State, Status

NEVER = float("inf")

Watcher = Callable[[dict[str, tuple[str, int, int]]], None]


@dataclass
class Job:
    """A run on its way: waiting, in progress, or waiting again.

    Args:
        spec, store: the run.
        attempt: the number of the newest attempt.
        failures: attempts that crashed so far.
        seen: the lease of another process that was found at it, and its sign of life.
        since: when, on the scheduler's clock.
        waiting: whether it is looked at again only when there is news of the other.
        lapsed: the number of that lease, once the other is taken for gone.
        started: whether the newest attempt has its process.
        step: how far it is known to be.
        deadline: when the attempt's time is up, on the scheduler's clock.
        told: when the attempt was asked to stop.
        cause: why.
    """

    spec: RunSpec
    store: RunStore
    attempt: int = 0
    failures: int = 0
    seen: tuple[int, int] | None = None
    since: float = 0.0
    waiting: bool = False
    lapsed: int = 0
    started: bool = False
    step: int = 0
    deadline: float = NEVER
    told: float | None = None
    cause: str = ""

    @property
    def progress(self) -> tuple[str, int, int]:
        """What to show of it: (label, step, steps)."""
        return f"{self.spec.method_label} seed {self.spec.seed}", self.step, self.spec.steps


class Scheduler:
    """Has an engine execute runs, each as often as its limits allow.

    Args:
        engine: where they are executed.
        limits: of time and of attempts.
        tell: called with (topic, text) of what there is to say besides results.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        engine: Engine,
        limits: Limits | None = None,
        tell: Tell = lambda _topic, _text: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.engine, self.tell, self.clock = engine, tell, clock
        self.owner = secrets.token_hex(8)
        """Names the command that runs are executed for."""
        self.limits = limits or Limits()
        self.jobs: dict[str, Job] = {}
        self.stopping = False

    def prepare(self, specs: Iterable[RunSpec]) -> list[str]:
        """Have the engine check and fill what runs need, once per data set and evaluation.

        Components from outside are checked too, each once.

        Returns:
            Lines to print.

        Raises:
            UserProblem: what is missing and what to do.
        """
        kinds = {
            (spec.dataset, spec.evaluation, spec.foreign, spec.precision, spec.force): spec
            for spec in specs
        }
        return self.engine.prepare(list(kinds.values()), self.tell)

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
            self._submit(queue)
            for job, status in self._ended():
                if self._once_more(job, status):
                    queue.append(job)
                else:
                    yield job.spec, status
            self._enforce()
            watch({run: job.progress for run, job in self.jobs.items() if job.started})

    def stop(self) -> None:
        """Start no run any more, and have those in progress write a checkpoint and end."""
        self.stopping = True
        for job in list(self.jobs.values()):
            self._ask(job, "stopped")

    def _submit(self, queue: deque[Job]) -> None:
        while not self.stopping and self.engine.free and (job := self._next(queue)):
            job.attempt += 1
            job.told, job.deadline, job.started = None, NEVER, False
            self.jobs[job.spec.run_id] = job
            claim = Claim(self.owner, job.lapsed)
            self.engine.submit(Attempt(job.spec, job.attempt, job.store.folder, claim))

    def _next(self, queue: deque[Job]) -> Job | None:
        """Take the next run that is not waiting for news of another process, None if all are."""
        for job in queue:
            if not job.waiting or self._news(job):
                queue.remove(job)
                return job
        return None

    def _ended(self) -> Iterator[tuple[Job, Status]]:
        """Hear what is new, and yield the jobs whose attempt ended with their statuses."""
        for event in self.engine.events():
            if isinstance(event, Note):
                self.tell(event.topic, event.text)
                continue
            job = self.jobs.get(event.run)
            if job is None or job.attempt != event.attempt:
                continue  # of an attempt that was given up
            if isinstance(event, Started):
                job.started = True
                job.deadline = self.clock() + (self.limits.timeout or NEVER)
            elif isinstance(event, Progress):
                job.step = event.step
            else:
                del self.jobs[event.run]
                ended = isinstance(event, Ended)
                yield job, self._answered(job, event) if ended else self._lost(job, event)

    def _answered(self, job: Job, event: Ended) -> Status:
        """Return the status of a run whose process told of its end."""
        status = event.status
        if status.state != State.UNFINISHED or self.stopping:
            return status
        cause = job.cause if job.told is not None else "its worker was told to stop (SIGTERM)"
        return self._crash(job, f"{cause}; {status.reason}")

    def _lost(self, job: Job, event: Lost) -> Status:
        """Return the status of a run whose process is gone."""
        told = job.told is not None
        if told and self.stopping:
            reason = "killed, as it did not stop; goes on from its last checkpoint"
            return Status(State.UNFINISHED, reason=reason)
        reason = f"{job.cause}; killed, as it did not stop" if told else event.reason
        return self._crash(job, reason, event.traceback or job.store.log_tail())

    def _crash(self, job: Job, reason: str, traceback: str = "") -> Status:
        job.store.record_crash(reason, traceback, Claim(self.owner))
        return Status(State.CRASHED, reason=reason, traceback=traceback)

    def _once_more(self, job: Job, status: Status) -> bool:
        """Say whether to try a run again: after a failure, or as another process is at it."""
        if self.stopping:
            return False
        if status.state == State.BUSY:
            return self._look_again(job)
        if status.state != State.CRASHED or job.failures >= self.limits.retries:
            return False
        job.failures += 1
        which = f"retry {job.failures} of {self.limits.retries}"
        self.tell(f"{job.spec.run_id} {which}", f"{job.spec.run_id}: {status.reason}; {which}")
        return True

    def _look_again(self, job: Job) -> bool:
        """Say whether to look again at a run that another has, until that shows that it lives.

        The first look again comes when the others are done, the next when there is news.
        """
        other = job.store.holder()
        now = other.number, other.sign
        if job.seen is None:
            job.seen, job.since = now, self.clock()
            return True
        job.waiting = not other.free and now == job.seen and not job.lapsed
        if job.waiting:
            words = f"{job.spec.run_id}: {other} has it; waiting up to {lapse():g} s for a sign"
            self.tell(f"{job.spec.run_id} held", f"{words} of life, and then taking it over")
        return job.waiting

    def _news(self, job: Job) -> bool:
        """Whether the process that has a run gave a sign of life, let it go, or is overdue."""
        other = job.store.holder()
        if other.free or (other.number, other.sign) != job.seen:
            return True
        if self.clock() < job.since + lapse():
            return False
        job.lapsed = other.number
        return True

    def _enforce(self) -> None:
        """Ask attempts whose time is up to stop, and kill those that did not."""
        now = self.clock()
        for run, job in self.jobs.items():
            if job.told is None and now > job.deadline:
                self._ask(job, f"longer than --run-timeout {self.limits.timeout:g} s")
            elif job.told is not None and now > job.told + self.limits.grace:
                self.engine.kill(run)

    def _ask(self, job: Job, cause: str) -> None:
        job.told, job.cause = self.clock(), cause
        self.engine.stop(job.spec.run_id)
