"""What a `bench run` and the tasks of its SLURM jobs tell each other, as files in a shared folder.

results/<grid>/slurm/queue/<ticket>          an attempt that waits for a task
results/<grid>/slurm/taken/<life>/<ticket>   an attempt that a task has
results/<grid>/slurm/stop/, kill/<ticket>    what the command asks of an attempt
results/<grid>/slurm/events/<life>.jsonl     what a task says; its time is the task's sign of life
results/<grid>/slurm/output/<task>.txt       what a task prints
results/<grid>/slurm/job.json                the name of the jobs, and how and where to run
results/<grid>/slurm/driver/                 the lease of the command that watches

An attempt changes hands by the renaming of its ticket, which only one process can do. A life is
one start of a task: SLURM starts a task anew that was preempted or whose node it lost, and the
life before may go on somewhere. Only who has a folder in ``taken`` may take tickets. All is JSON:
to open somebody's folder runs nothing of theirs.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from runners.engines.resources import Resources
from runners.errors import StoreProblem
from runners.files import read_json, require_own
from runners.options import Options
from runners.store.grid import RUN_ID

FOLDERS = ("queue", "taken", "stop", "kill", "events", "output")
TICKET = re.compile(rf"[0-9]{{7,}}\+{RUN_ID}\+[0-9a-f]{{8}}")
PATHS = ("data_root", "cache", "inception_weights")


@dataclass(frozen=True)
class Ticket:
    """An attempt on its way to a task.

    Args:
        name: of its file: its place in the queue, the run, and a word that no other has.
        run: id of the run.
        spec: the run, resolved.
        owner, lapsed: the claim on it, see :class:`runners.store.lease.Claim`.
    """

    name: str
    run: str
    spec: dict[str, Any]
    owner: str = ""
    lapsed: int = 0


@dataclass(frozen=True)
class Job:
    """What all tasks of a command share.

    Args:
        name: of the SLURM jobs, by which they are found.
        options, resources: how and where to run.
        folder: of the spool; a copy of it has no jobs.
    """

    name: str
    options: Options
    resources: Resources
    folder: Path


def run_of(ticket: str) -> str:
    """Return the id of a ticket's run."""
    return ticket.split("+")[1]


def task_of(life: str) -> str:
    """Return what SLURM calls the task of a life, as ``123_4``."""
    return life.rpartition(".")[0]


class Spool:
    """The folder.

    Args:
        folder: results/<grid>/slurm.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs_folder = folder.parent / "runs"
        self.queue, self.taken, self.stop, self.kill, self.events, self.output = (
            folder / name for name in FOLDERS
        )
        self.job_file, self.driver_folder = folder / "job.json", folder / "driver"
        self.script = folder / "job.sh"

    def create(self) -> None:
        """Make the folders.

        Raises:
            StoreProblem: one is a link, pipe or device.
        """
        for folder in (self.folder, *(self.folder / name for name in FOLDERS)):
            require_own(folder)
            folder.mkdir(parents=True, exist_ok=True)

    def write_job(self, job: Job) -> None:
        """Say what tasks are to do."""
        _write(self.job_file, asdict(job))

    def job(self) -> Job:
        """Return what tasks are to do.

        Raises:
            StoreProblem: it is damaged.
        """
        data = read_json(self.job_file)
        try:
            lists = {"devices", "sbatch"}
            given = {f.name: data["resources"][f.name] for f in fields(Resources)}
            given |= {name: tuple(given[name]) for name in lists}
            name, folder = str(data["name"]), Path(str(data["folder"]))
            return Job(name, _options(data["options"]), Resources(**given), folder)
        except (KeyError, TypeError) as error:
            raise StoreProblem(f"{self.job_file}: damaged: {error!r}") from error

    def put(self, order: int, run: str, spec: dict[str, Any], owner: str, lapsed: int) -> str:
        """Put an attempt in the queue and return its ticket's name."""
        name = f"{order:07d}+{run}+{secrets.token_hex(4)}"
        _write(self.queue / name, asdict(Ticket(name, run, spec, owner, lapsed)))
        return name

    def waiting(self) -> list[str]:
        """Return the tickets in the queue, in order."""
        return _tickets(self.queue)

    def withdraw(self, ticket: str) -> bool:
        """Take a ticket out of the queue for good; False if a task was faster."""
        return _removed(self.queue / ticket)

    def begin(self, life: str) -> None:
        """Let a life take tickets, and take back what earlier lives of its task had."""
        for earlier in self.lives():
            if task_of(earlier) == task_of(life) and earlier != life:
                self.take_back(earlier)
        (self.taken / life).mkdir(exist_ok=True)  # before any news: who has none is over
        self.events_file(life).touch()

    def lives(self) -> dict[str, list[str]]:
        """Return {life: tickets that it has}."""
        return {life: _tickets(self.taken / life) for life in names(self.taken)}

    def may_take(self, life: str) -> bool:
        """Whether a life was not given up by others."""
        return (self.taken / life).exists()

    def take(self, ticket: str, life: str) -> bool:
        """Give a life a ticket of the queue; False if another was faster."""
        return _renamed(self.queue / ticket, self.taken / life / ticket)

    def has(self, ticket: str, life: str) -> bool:
        """Whether a life still has a ticket."""
        return (self.taken / life / ticket).exists()

    def ticket(self, name: str, life: str) -> Ticket:
        """Return a ticket that a life has.

        Raises:
            StoreProblem: it is damaged.
        """
        file = self.taken / life / name
        try:
            return Ticket(**read_json(file))
        except TypeError as error:
            raise StoreProblem(f"{file}: damaged: {error}") from error

    def put_back(self, ticket: str, life: str) -> bool:
        """Put a ticket that a life has back in the queue."""
        return _renamed(self.taken / life / ticket, self.queue / ticket)

    def close(self, ticket: str, life: str) -> bool:
        """Take a ticket from a life for good; False if it does not have it any more."""
        return _removed(self.taken / life / ticket)

    def take_back(self, life: str) -> None:
        """Let a life take nothing any more, and put what it has back in the queue."""
        folder = self.taken / life
        while folder.exists():
            for ticket in names(folder):
                self.put_back(ticket, life)
            with contextlib.suppress(OSError):  # it has just taken another
                folder.rmdir()

    def events_file(self, life: str) -> Path:
        """Return the file of what a life says."""
        return self.events / f"{life}.jsonl"

    def say(self, life: str, kind: str, **what: Any) -> None:
        """Tell the command something."""
        with self.events_file(life).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": kind, **what}) + "\n")

    def beat(self, life: str) -> None:
        """Give a sign of life."""
        with contextlib.suppress(OSError):
            os.utime(self.events_file(life))

    def printed(self, task: str, most: int = 4000) -> str:
        """Return the end of what a task printed."""
        try:
            content = (self.output / f"{task}.txt").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return content[-most:].strip()


def _options(data: dict[str, Any]) -> Options:
    paths: dict[str, Any] = {name: Path(data[name]) for name in PATHS if data[name] is not None}
    paths["plugins"] = tuple(map(Path, data["plugins"]))
    return Options(**data | paths)


def _write(file: Path, data: object) -> None:
    """Write a file in one piece; what a loss of power takes of it, the next command writes anew."""
    temporary = file.parent.parent / f".{file.name}.{secrets.token_hex(4)}"
    temporary.write_text(json.dumps(data, default=str), encoding="utf-8")
    temporary.replace(file)


def names(folder: Path) -> list[str]:
    """Return what lies in a folder, in order."""
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - of folders with thousands of entries
    except (FileNotFoundError, NotADirectoryError):
        return []


def _renamed(old: Path, new: Path) -> bool:
    try:
        old.rename(new)
    except FileNotFoundError:
        return False
    return True


def _removed(file: Path) -> bool:
    try:
        file.unlink()
    except FileNotFoundError:
        return False
    return True


def _tickets(folder: Path) -> list[str]:
    return [name for name in names(folder) if TICKET.fullmatch(name)]
