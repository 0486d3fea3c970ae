"""A task of a SLURM job from inside: ``python -m runners.engines.slurm_worker SPOOL``.

It executes what it takes from the queue, in the local engine's workers, until the queue stays
empty or its time is nearly up. Then, and when SLURM ends it, its runs write checkpoints and go
back to the queue as they are.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from runners import plugins
from runners.engines import slurm_calls
from runners.engines.base import Attempt, Ended, Event, Lost, Note, Started
from runners.engines.local import LocalEngine, progress
from runners.engines.resources import Resources
from runners.engines.slots import CPU
from runners.engines.slurm_spool import Job, Spool, Ticket, run_of
from runners.errors import StoreProblem, UserProblem
from runners.options import Options
from runners.spec import from_stored
from runners.store.lease import BEATS, Claim, lapse
from runners.store.states import State

IDLE = 10.0  # seconds with an empty queue after which a task ends
SPREAD = 0.5  # seconds in which a signal to all processes of a task has reached each
MISSES = 8  # tickets that others were faster to take, after which the queue is read again


class Told:
    """What SLURM said to this task."""

    def __init__(self) -> None:
        self.time_up = self.ended = False
        signal.signal(signal.SIGUSR1, self._time_up)
        signal.signal(signal.SIGTERM, self._ended)

    @property
    def leave(self) -> bool:
        """Whether to take nothing any more, and to give back what there is."""
        return self.time_up or self.ended

    def _time_up(self, *_: Any) -> None:
        self.time_up = True

    def _ended(self, *_: Any) -> None:
        self.ended = True


NO_FURTHER = "no run got further before the job's time was up; give it more --time"


class Task:
    """A life of a task at work.

    Args:
        spool: with the queue.
        life: its name.
        engine: executes runs here.
        told: what SLURM says.
    """

    def __init__(self, spool: Spool, life: str, engine: LocalEngine, told: Told) -> None:
        self.spool, self.life, self.engine, self.told = spool, life, engine, told
        self.held: dict[int, str] = {}
        """Attempts here, by their number here -> ticket."""
        self.asked: set[tuple[str, str]] = set()
        self.listed: list[str] = []
        self.count = 0
        self.first: dict[int, int] = {}
        """Steps that attempts here began after, by their number here."""
        self.useful = False
        """Whether a run has ended here, or got further."""
        self.last = time.monotonic()

    def work(self) -> None:
        """Execute runs until there is nothing to do, or this life is not to go on."""
        while self.spool.may_take(self.life) and (self.held or not self._over()):
            if not self.told.leave:
                self._fill()
            for event in self.engine.events():
                self._heard(event)
            self._obey()

    def _over(self) -> bool:
        return self.told.leave or time.monotonic() > self.last + IDLE

    def _fill(self) -> None:
        while self.engine.free and (name := self._next()):
            self._begin(name)

    def _next(self) -> str | None:
        """Take the first ticket of the queue that nobody is faster to take."""
        for fresh in (False, True):
            self.listed = self.spool.waiting() if fresh else self.listed
            for name in self.listed[:MISSES]:
                self.listed.remove(name)
                if self.spool.take(name, self.life):
                    return name
        return None

    def _begin(self, name: str) -> None:
        self.last = time.monotonic()
        try:
            attempt = self._attempt(self.spool.ticket(name, self.life))
        except (StoreProblem, ValidationError) as error:
            self._close(name, "lost", reason=f"the run cannot be read there: {error}")
            return
        self.held[attempt.number] = name
        self.first[attempt.number] = progress(attempt).step
        self.engine.submit(attempt)

    def _attempt(self, ticket: Ticket) -> Attempt:
        spec = from_stored(ticket.spec)
        if spec.run_id != ticket.run:
            raise StoreProblem(f"{ticket.name}: holds the run {spec.run_id}")
        self.count += 1
        folder, claim = self.spool.runs_folder / spec.run_id, Claim(ticket.owner, ticket.lapsed)
        return Attempt(spec, self.count, folder, claim)

    def _heard(self, event: Event) -> None:
        if isinstance(event, Note):
            self.spool.say(self.life, "note", topic=event.topic, text=event.text)
        elif isinstance(event, Started):
            self.spool.say(self.life, "started", ticket=self.held[event.attempt])
        elif isinstance(event, Ended):
            self._ended(self.held.pop(event.attempt), event)
        elif isinstance(event, Lost):
            name = self.held.pop(event.attempt)
            self._close(name, "lost", reason=event.reason, traceback=event.traceback)
        self.last = time.monotonic() if self.held else self.last

    def _ended(self, name: str, event: Ended) -> None:
        if event.status.state == State.UNFINISHED and self._cut_off(name):
            self.useful |= (event.status.step or 0) > self.first[event.attempt]
            self.spool.put_back(name, self.life)
            return
        known = event.status.to_json() | {"environment": event.status.environment}
        self._close(name, "ended", status=known)

    def _cut_off(self, name: str) -> bool:
        """Whether a run that stopped did so because this task is ended."""
        if ("stop", name) in self.asked:
            return False
        if not self.told.leave:
            time.sleep(SPREAD)  # SLURM sends the signal to the run's process too
        return self.told.leave

    def _close(self, name: str, kind: str, **what: Any) -> None:
        """Tell of an attempt's end, unless it was given to another meanwhile."""
        self.useful = True
        if self.spool.close(name, self.life):
            self.spool.say(self.life, kind, ticket=name, **what)

    def _obey(self) -> None:
        """Do once what is asked of attempts here."""
        for number, name in list(self.held.items()):
            run = self._run(number)
            if self._is_new("kill", name, (self.spool.kill / name).exists()):
                self.engine.kill(run)
            if self._is_new("stop", name, (self.spool.stop / name).exists()):
                self.engine.stop(run)
            if self._is_new("leave", name, self.told.leave):
                self.engine.stop(run)

    def _is_new(self, what: str, name: str, asked: bool) -> bool:
        new = asked and (what, name) not in self.asked
        if new:
            self.asked.add((what, name))
        return new

    def _run(self, number: int) -> str:
        return run_of(self.held[number])


def life(environ: Mapping[str, str]) -> str:
    """Return the name of this start of a task."""
    task = f"{environ['SLURM_ARRAY_JOB_ID']}_{environ['SLURM_ARRAY_TASK_ID']}"
    return f"{task}.{environ.get('SLURM_RESTART_COUNT', '0')}"


def here(options: Options, resources: Resources) -> tuple[Options, Resources]:
    """Return how to run in this job: a run per GPU that it was given, or else per core."""
    if resources.gpus or os.environ.get("SLURM_JOB_GPUS"):
        return options, Resources()
    if options.device == "cuda":
        return options, Resources(workers=slurm_calls.cores(resources))
    return replace(options, device=CPU), Resources(workers=slurm_calls.cores(resources))


def beat(spool: Spool, name: str) -> None:
    """Give signs of life for as long as this process lives."""
    while True:
        time.sleep(lapse() / BEATS)
        spool.beat(name)


def main(folder: str) -> None:
    """Do the work of a task."""
    told, environ, spool = Told(), dict(os.environ), Spool(Path(folder))
    name, job = life(environ), spool.job()
    spool.begin(name)
    threading.Thread(target=beat, args=(spool, name), daemon=True).start()
    try:
        useful = _work(spool, name, job, told)
        left = told.time_up and not told.ended and spool.may_take(name) and spool.waiting()
        if left and useful:
            slurm_calls.submit(spool, job, 1, environ)
        elif left:
            spool.say(name, "problem", text=NO_FURTHER)
    except UserProblem as problem:
        spool.say(name, "problem", text=str(problem))
    spool.take_back(name)


def _work(spool: Spool, name: str, job: Job, told: Told) -> bool:
    """Execute runs, and return whether any got further."""
    plugins.load_all(job.options.plugins)
    note = lambda topic, text: spool.say(name, "note", topic=topic, text=text)  # noqa: E731
    with LocalEngine(*here(job.options, job.resources)) as engine:
        engine.prepare([], note)
        task = Task(spool, name, engine, told)
        task.work()
        return task.useful


if __name__ == "__main__":
    main(sys.argv[1])
