"""Which tasks live: SLURM's word every few seconds, and the tasks' own signs of life."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from runners.engines import slurm_calls
from runners.engines.slurm_spool import Spool, task_of
from runners.errors import StoreProblem, UserProblem
from runners.store.lease import Claim, Held, Lease, holder, lapse

EVERY = 3.0  # seconds between questions
LOOKS = 60  # at another command's lease, until it is taken for gone
WAITING = (slurm_calls.HELD, "PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT")
"""States of a task that is to start, perhaps anew."""


@dataclass(frozen=True)
class Answer:
    """What SLURM says.

    Args:
        had: the lives that had attempts before it was asked.
        tasks: {task: state} of those that are not over.
    """

    had: tuple[str, ...]
    tasks: dict[str, str]


class Watch:
    """Asks SLURM about the tasks of a spool, without waiting for the answer.

    Args:
        spool: with what they have.
        name: of the jobs.
    """

    def __init__(self, spool: Spool, name: str) -> None:
        self.spool, self.name = spool, name
        self.threads = ThreadPoolExecutor(1)
        self.asked: Future[Answer | None] | None = None
        self.next = time.monotonic() + EVERY
        self.seen: dict[str, tuple[int, float]] = {}

    def close(self) -> None:
        """Ask nothing any more."""
        self.threads.shutdown(wait=False, cancel_futures=True)

    def ask_now(self) -> dict[str, str]:
        """Return {task: state}.

        Raises:
            UserProblem: SLURM does not answer.
        """
        found = slurm_calls.tasks(self.name)
        if found is None:
            raise UserProblem("--engine slurm: squeue does not answer; try again when it does")
        return found

    def answer(self) -> Answer | None:
        """Return an answer that has come since, None if none has; silence is no news."""
        if self.asked is None and time.monotonic() > self.next:
            self.asked = self.threads.submit(self._ask)
        if self.asked is None or not self.asked.done():
            return None
        said, self.asked, self.next = self.asked.result(), None, time.monotonic() + EVERY
        return said

    def forget(self) -> None:
        """Wait for an answer to a question that is asked from now on."""
        self.asked, self.next = None, time.monotonic() + EVERY

    def _ask(self) -> Answer | None:
        had = tuple(self.spool.lives())  # first: who comes meanwhile may not be in the answer
        tasks = slurm_calls.tasks(self.name)
        return None if tasks is None else Answer(had, tasks)

    def lives(self, life: str, tasks: dict[str, str]) -> bool:
        """Whether SLURM has a life's task started."""
        return tasks.get(task_of(life), "PENDING") not in WAITING

    def waits_again(self, life: str, tasks: dict[str, str]) -> bool:
        """Whether SLURM will start a life's task anew."""
        return tasks.get(task_of(life)) in WAITING

    def silent(self, life: str, sign: int) -> bool:
        """Whether a life gave no sign for longer than a run may be held without one."""
        before, since = self.seen.get(life, (None, 0.0))
        if before != sign:
            self.seen[life] = sign, time.monotonic()
            return False
        return time.monotonic() > since + lapse()

    def ending(self, life: str) -> str:
        """Say how a life's task ended."""
        return f"SLURM's task {task_of(life)} ended: {slurm_calls.ending(task_of(life))}"

    def cancel(self, life: str) -> None:
        """End a task that hangs."""
        slurm_calls.cancel_task(task_of(life))

    def last_task(self) -> str:
        """Return the task that printed last."""
        files = sorted(self.spool.output.glob("*.txt"), key=lambda file: file.stat().st_mtime)
        return files[-1].stem if files else ""


def fence(spool: Spool, ticket: str, life: str) -> str | None:
    """Take a ticket from a life and return the owner of its claim; None if it is not there."""
    try:
        owner = spool.ticket(ticket, life).owner
    except StoreProblem:
        owner = ""
    return owner if spool.close(ticket, life) else None


def alone(spool: Spool) -> Lease:
    """Return the lease of the command that watches a spool; end it at the end.

    Raises:
        UserProblem: another command watches it.
    """
    before, end = holder(spool.driver_folder), time.monotonic() + lapse()
    claim = Claim()
    while True:
        try:
            return Lease(spool.driver_folder, claim)
        except Held:
            now = holder(spool.driver_folder)
        if (now.number, now.sign) != (before.number, before.sign):
            raise UserProblem(
                f"{spool.folder}: {now} watches these jobs already; `bench status` shows them"
            )
        if time.monotonic() > end:
            claim = Claim(lapsed=before.number)
        time.sleep(lapse() / LOOKS)
