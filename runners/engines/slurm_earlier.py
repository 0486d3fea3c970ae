"""What an earlier command left with SLURM, for the same command to go on with."""

from __future__ import annotations

import contextlib
import re
import secrets
from dataclasses import dataclass, field

from runners.engines.slurm_spool import Spool, run_of
from runners.engines.slurm_watch import Watch
from runners.errors import StoreProblem
from runners.store.grid import GridStore

NAME = re.compile(r"bench-[A-Za-z0-9_.-]+-[0-9a-f]{8}")


@dataclass(frozen=True)
class Left:
    """What is there.

    Args:
        tasks: {task: state} of its jobs.
        tickets: {run: ticket} of runs in the queue or with a task.
        taken: tickets that tasks have.
    """

    tasks: dict[str, str] = field(default_factory=dict)
    tickets: dict[str, str] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()

    @property
    def order(self) -> int:
        """The last place in the queue."""
        return max((int(name.split("+")[0]) for name in self.tickets.values()), default=0)

    def __str__(self) -> str:
        waiting = len(self.tickets) - len(self.taken)
        return f"{len(self.tasks)} tasks, {waiting} runs in the queue, {len(self.taken)} taken"


def job_name(spool: Spool) -> str:
    """Return the name by which the jobs of a folder are found, a new one for a new folder."""
    with contextlib.suppress(StoreProblem):
        job = spool.job()
        if NAME.fullmatch(job.name) and job.folder == spool.folder.resolve():
            return job.name
    grid = re.sub(r"[^A-Za-z0-9_.-]", "_", spool.folder.parent.name)[:40]
    return f"bench-{grid}-{secrets.token_hex(4)}"


def left(spool: Spool, watch: Watch) -> Left:
    """Return what is there, after putting back in the queue what tasks had that are gone.

    Raises:
        UserProblem: SLURM does not answer.
    """
    lives = spool.lives()
    tasks = watch.ask_now() if lives or spool.waiting() else {}
    for life in lives:
        if not watch.lives(life, tasks):
            spool.take_back(life)
    _drop_unplanned(spool)
    waiting = spool.waiting()
    taken = frozenset(name for names in spool.lives().values() for name in names)
    found = (*waiting, *taken, *spool.waiting())  # a task may give one back meanwhile
    return Left(tasks, {run_of(name): name for name in found}, taken)


def _drop_unplanned(spool: Spool) -> None:
    """Take runs out of the queue that the plan does not name any more."""
    grid = GridStore(spool.folder.parent)
    with contextlib.suppress(StoreProblem):
        tuning, planned = grid.tuning(), set(grid.planned())
        planned |= set(tuning.runs) if tuning else set()
        for name in spool.waiting():
            if run_of(name) not in planned:
                spool.withdraw(name)
