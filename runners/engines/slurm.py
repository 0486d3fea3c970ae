"""The SLURM engine: array tasks that pull runs from a queue in the shared results folder.

The command that watches needs not live: jobs go on without it, and the same command finds them
again by the name of the jobs that the folder holds.
"""

from __future__ import annotations

import contextlib
import math
import os
import secrets
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from runners.engines import slurm_calls
from runners.engines.base import Attempt, Detached, Ended, Event, Lost, Note, Started, Tell
from runners.engines.local import LocalEngine, progress
from runners.engines.resources import Resources
from runners.engines.slots import CPU
from runners.engines.slurm_earlier import Left, job_name, left
from runners.engines.slurm_spool import Job, Spool, run_of, task_of
from runners.engines.slurm_tail import Tail
from runners.engines.slurm_watch import Watch, alone, fence
from runners.errors import StoreProblem, UserProblem
from runners.options import Options
from runners.spec import RunSpec
from runners.store.lease import Claim, Held, Lease
from runners.store.run import RunStore
from runners.store.states import State, Status, from_json

POLL, ROWS = 0.2, 1.0  # seconds between looks at what tasks say, and at how far runs are
CAPACITY = 100_000  # attempts in the queue at once
USUAL_TASKS = 100
ROUNDS = 3  # submissions of jobs after which one of them must have taken a run
UNFENCED = (Held, OSError, StoreProblem)
GONE = 120.0  # seconds for jobs that were cancelled to be gone


class SlurmEngine:
    """Executes attempts in the tasks of SLURM jobs.

    Args:
        options: how and where to run.
        resources: of a job, and how many there may be.
    """

    def __init__(self, options: Options, resources: Resources) -> None:
        self.options, self.resources = options.absolute(), resources
        self.environ = dict(os.environ)  # before the local engine sets what is for its own workers
        self.open: dict[str, Attempt] = {}
        """Ticket -> attempt that is not over."""
        self.started: set[str] = set()
        self.vanished: set[str] = set()
        """Tickets that were nowhere when last looked for."""
        self.left = Left()
        self.news: deque[Event] = deque()
        self.spool: Spool | None = None
        self.order = self.live = self.idle = self.rounds = 0
        self.unmet = False
        """Whether attempts came for which there may be no task."""
        self.shown = 0.0
        self.submitted = self.detached = False
        self.problem = ""
        """Why a task could not begin."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self.spool is None:
            return
        if not self.detached:
            self._let_go(self.spool)
        self.watch.close()
        self.lease.__exit__()

    @property
    def free(self) -> int:
        """How many attempts could be submitted now."""
        return CAPACITY - len(self.open)

    def prepare(self, specs: Sequence[RunSpec], tell: Tell) -> list[str]:
        """Fill the caches from here, on CPU; see :class:`runners.engines.base.Engine`."""
        slurm_calls.require_accepted(self.resources)
        if self.options.device == "cuda" or self.resources.gpus:
            text = "data and scores are made ready here on CPU; whether GPUs work shows in the jobs"
            tell("slurm device", text)
        options = replace(self.options, device=CPU)
        anywhere = [replace(spec, precision="fp32") for spec in specs]  # tasks look at their own
        with LocalEngine(options, Resources(workers=1)) as local:
            return local.prepare(anywhere, tell)

    def submit(self, attempt: Attempt) -> None:
        """Put an attempt in the queue, unless an earlier command did."""
        spool = self._attached(attempt.folder)
        name = self.left.tickets.pop(attempt.run, None)
        if name is None:
            name = self._put(spool, attempt)
        elif name in self.left.taken:
            self._begun(name, attempt)
        self.open[name] = attempt
        self.unmet = True

    def _put(self, spool: Spool, attempt: Attempt) -> str:
        self.order += 1
        owner = attempt.claim.owner or self.owner
        spec, lapsed = attempt.spec.as_dict, attempt.claim.lapsed
        return spool.put(self.order, attempt.run, spec, owner, lapsed)

    def events(self) -> Iterator[Event]:
        """Wait a moment, and yield what tasks said, how far runs are, and what is lost."""
        if self.spool is not None:
            self._require_own(self.spool)
            self._have_tasks()
        time.sleep(0 if self.news else POLL)
        if self.spool is not None:
            for life, said in self.tail.read():
                self._heard(life, said)
            self._judge()
            self._show()
        while self.news:
            yield self.news.popleft()
        if self.resources.detach:
            self.detached = True
            raise Detached(f"{len(self.open)} runs are with SLURM, in jobs named {self.job.name}")

    def _require_own(self, spool: Spool) -> None:
        """Leave the jobs alone once another command watches them, as this one slept.

        Raises:
            UserProblem: it does.
        """
        if self.lease.lost():
            self.detached = True
            raise UserProblem(f"{spool.folder}: another command watches these jobs by now")

    def stop(self, run: str) -> None:
        """Take a run out of the queue, or have its task stop it."""
        for name in self._tickets(run):
            if self.spool and self.spool.withdraw(name):
                self._begun(name, self.open[name])
                self._end(name, Status(State.UNFINISHED, reason="taken out of the queue"))
            elif self.spool:
                (self.spool.stop / name).touch()

    def kill(self, run: str) -> None:
        """Take a run out of the queue, or have its task kill it."""
        for name in self._tickets(run):
            if self.spool and self.spool.withdraw(name):
                self._begun(name, self.open[name])
                self._lose(name, "taken out of the queue")
            elif self.spool:
                (self.spool.kill / name).touch()

    def _tickets(self, run: str) -> list[str]:
        return [name for name, attempt in self.open.items() if attempt.run == run]

    def _attached(self, folder: Path) -> Spool:
        """Return the spool of a run's grid, after finding what an earlier command left there."""
        if self.spool is None:
            spool = Spool(folder.absolute().parent.parent / "slurm")
            spool.create()
            self.lease: Lease = alone(spool)
            self.job = Job(job_name(spool), self.options, self.resources, spool.folder.resolve())
            self.owner = secrets.token_hex(8)
            spool.write_job(self.job)
            self.tail, self.watch = Tail(spool, skip=True), Watch(spool, self.job.name)
            self.spool = spool
            self.left = left(spool, self.watch)
            self._count(self.left.tasks)
            self.order = self.left.order
            if self.left.tickets:
                text = f"going on with SLURM jobs {self.job.name}: {self.left}"
                self.news.append(Note("slurm earlier", text))
        return self.spool

    def _have_tasks(self) -> None:
        """Submit jobs for attempts that wait, beyond the tasks that have none yet."""
        if self.unmet and self.spool:
            self.unmet = False
            per_task = slurm_calls.cores(self.resources)
            waiting = math.ceil(len(self.spool.waiting()) / per_task)
            most = self.resources.workers or USUAL_TASKS
            if (count := min(waiting - self.idle, most - self.live)) > 0:
                self._submit_jobs(self.spool, count)

    def _submit_jobs(self, spool: Spool, count: int) -> None:
        if self.rounds >= ROUNDS:
            known = self.problem or spool.printed(self.watch.last_task())
            raise UserProblem(
                f"--engine slurm: {self.rounds} times jobs ended without taking a run; what they "
                f"printed is in {spool.output}\n{known}".strip()
            )
        try:
            slurm_calls.submit(spool, self.job, count, self.environ)
        except UserProblem as problem:
            if not self.submitted:
                raise
            self.news.append(Note("slurm refuses", f"{problem}; asking again"))
            return
        self.submitted = True
        self.rounds += 1
        self.live, self.idle = self.live + count, self.idle + count
        self.watch.forget()

    def _heard(self, life: str, said: dict[str, Any]) -> None:
        """Take in a line of a task."""
        name, kind = said.get("ticket", ""), said["kind"]
        if kind == "note":
            self.news.append(Note(said["topic"], said["text"]))
        elif kind == "problem":
            self.problem = f"in SLURM's task {life}: {said['text']}"
            self.news.append(Note(said["text"], self.problem))
        elif name in self.open:
            self._begun(name, self.open[name])
            self._heard_of(name, said, self.tail.spool.events_file(life))
        elif kind in ("ended", "lost"):
            self.left.tickets.pop(run_of(name), None)

    def _heard_of(self, name: str, said: dict[str, Any], file: Path) -> None:
        if said["kind"] == "lost":
            self._lose(name, said["reason"], said.get("traceback", ""))
        elif said["kind"] == "ended":
            known = said["status"]
            status = from_json(known, file)
            self._end(name, replace(status, environment=bool(known.get("environment"))))

    def _begun(self, name: str, attempt: Attempt) -> None:
        self.rounds = 0
        if name not in self.started:
            self.started.add(name)
            self.news.append(Started(attempt.run, attempt.number))

    def _end(self, name: str, status: Status) -> None:
        attempt = self._over(name)
        self.news.append(Ended(attempt.run, attempt.number, status))

    def _lose(self, name: str, reason: str, traceback: str = "") -> None:
        attempt = self._over(name)
        self.news.append(Lost(attempt.run, attempt.number, reason, traceback))

    def _over(self, name: str) -> Attempt:
        self.started.discard(name)
        for folder in (self.tail.spool.stop, self.tail.spool.kill):
            (folder / name).unlink(missing_ok=True)
        return self.open.pop(name)

    def _judge(self) -> None:
        """Look at what SLURM says of the tasks that have attempts."""
        answer = self.watch.answer()
        if answer is None:
            return
        self._count(answer.tasks)
        self.unmet = True
        for life in answer.had:
            if self.watch.waits_again(life, answer.tasks):
                self.tail.spool.take_back(life)
            elif not self.watch.lives(life, answer.tasks):
                self._give_up(life, self.watch.ending(life))
            elif self.watch.silent(life, self.tail.signs.get(life, 0)):
                self._give_up(life, "its task gave no sign of life")
                self.watch.cancel(life)
        self._find_vanished(self.tail.spool)

    def _find_vanished(self, spool: Spool) -> None:
        """Put attempts in the queue anew whose tickets are nowhere, at a second look."""
        there = {*spool.waiting(), *(name for names in spool.lives().values() for name in names)}
        for name in self.vanished - there & set(self.open):
            attempt = self.open.pop(name)
            anew = self._put(spool, attempt)
            self.open[anew] = attempt
            self.started = {anew if other == name else other for other in self.started}
        self.vanished = set(self.open) - there

    def _count(self, tasks: dict[str, str]) -> None:
        """Take in which tasks there are; those without attempts may yet take some."""
        busy = {task_of(life) for life, names in self.tail.spool.lives().items() if names}
        soon = {task for task, state in tasks.items() if state != slurm_calls.HELD}
        self.live, self.idle = len(soon), len(soon - busy)

    def _give_up(self, life: str, reason: str) -> None:
        """Lose the attempts that a task has, after what it may have said of them."""
        spool = self.tail.spool
        for _, said in list(self.tail.read_of(life)):
            self._heard(life, said)
        for name in spool.lives().get(life, []):
            if name in self.open and (owner := fence(spool, name, life)) is not None:
                attempt = self.open[name]
                self._begun(name, attempt)
                with contextlib.suppress(*UNFENCED), RunStore(attempt.folder).lease(Claim(owner)):
                    pass  # who wakes up in it later writes where nobody reads
                self._lose(name, reason, spool.printed(task_of(life)))
        spool.take_back(life)

    def _show(self) -> None:
        if time.monotonic() > self.shown + ROWS:
            self.shown = time.monotonic()
            self.news.extend(progress(self.open[name]) for name in self.started)

    def _others(self) -> bool:
        """Whether there are attempts of runs that this command does not execute."""
        spool = self.tail.spool
        taken = (name for names in spool.lives().values() for name in names)
        return any(name not in self.open for name in (*spool.waiting(), *taken))

    def _let_go(self, spool: Spool) -> None:
        """Cancel all jobs, and wait for those that have attempts of this command.

        Where runs of another command are left, only this one's are taken out and killed.
        """
        others = self._others()
        for name in self.open:
            if not spool.withdraw(name) and others:
                (spool.kill / name).touch()
        if others:
            return
        slurm_calls.cancel(self.job.name)
        end = time.monotonic() + (GONE if self.open else 0)
        while time.monotonic() < end and slurm_calls.tasks(self.job.name) != {}:
            time.sleep(POLL)
        for name in self.open:
            spool.withdraw(name)  # what tasks gave back
