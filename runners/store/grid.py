"""A grid's results folder: its plan and its runs.

results/<grid>/grid.json           the plan: name and run ids, in order, and how it was tuned
results/<grid>/calibration.json    of a budget in seconds, see runners/store/calibration.py
results/<grid>/runs/<run_id>/      one folder a run, see runners/store/run.py
results/<grid>/leases/<run_id>/    who has the run, see runners/store/lease.py
results/<grid>/superseded/         while a run is taken from a process that may wake up
results/<grid>/locks/grid.json     held by a command that changes the plan
results/<grid>/damaged/            run folders that `bench run --redo-damaged` set aside
results/<grid>/slurm/              the queue of SLURM's tasks, see runners/engines/slurm_spool.py
results/<grid>/report/             made by `bench report`
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from runners import identity
from runners.errors import StoreProblem
from runners.files import digest, read_json, require_own, write_json
from runners.spec import RunSpec, from_stored
from runners.store import imported
from runners.store.run import RunStore
from runners.tuning.plan import TuningPlan, from_json

RUN_ID = r"[A-Za-z0-9_=-][A-Za-z0-9_.=-]{0,199}"
"""What ids are made of: they cannot lead out of the folder of runs."""

PLAN_LOCK, PLAN_PATIENCE = "grid.json", 30.0
"""The lock beside those of the runs, and the seconds to wait for it."""

SEAL = "seal"
"""The plan's own hash, beside what it hashes."""


class GridStore:
    """One grid's results folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plan_file = folder / "grid.json"
        self.runs_folder = folder / "runs"
        self.report_folder = folder / "report"
        self.damaged_folder = folder / "damaged"

    def run(self, run_id: str) -> RunStore:
        """Return the store of one run.

        Raises:
            StoreProblem: the id is no name of a folder, or the runs lie elsewhere by a link.
        """
        if not re.fullmatch(RUN_ID, run_id):
            raise StoreProblem(f"{self.plan_file}: {run_id[:80]!r} is no run id")
        require_own(self.runs_folder)
        return RunStore(self.runs_folder / run_id)

    def recognise(self, specs: Iterable[RunSpec]) -> int:
        """Return how many stored runs an earlier version made of these specs.

        It drew other random numbers, so their results are not those of this version.
        """
        wanted = {spec.run_id for spec in specs}
        others = (name for name in self.folders() if name not in wanted)
        return sum(_id_if_earlier(self.runs_folder / name) in wanted for name in others)

    def folders(self) -> list[str]:
        """Return the names of all run folders."""
        entries = self.runs_folder.iterdir() if self.runs_folder.is_dir() else ()
        return sorted(entry.name for entry in entries if entry.is_dir())

    def write_plan(
        self,
        name: str,
        runs: Mapping[str, dict[str, Any]],
        description: str = "",
        axes: Sequence[str] | None = None,
        columns: Iterable[Mapping[str, Any]] = (),
        tuning: TuningPlan | None = None,
        recipes: Sequence[str] = (),
        seconds: float | None = None,
    ) -> None:
        """Record the newest plan.

        Args:
            name, description: the grid's.
            runs: the name of each run's folder -> its resolved spec.
            axes: dotted names of the swept fields; None leaves open what they are.
            columns: what the scores are called, also where a reader lacks their metric: the
                fields of :class:`runners.metrics.score.Column`.
            tuning: what was tried before ``runs``, which confirm it; None in a grid without.
            recipes: dotted names of the fields that methods set for themselves.
            seconds: that every run trains by the calibration, which gave it its steps; None where
                the grid gives steps.
        """
        plan: dict[str, Any] = {"name": name, "description": description}
        plan |= {} if axes is None else {"axes": list(axes)}
        plan |= {"recipes": list(recipes)} if recipes else {}
        plan |= {} if seconds is None else {"budget": budget(seconds)}
        plan["columns"] = list(map(dict, columns))
        plan["runs"] = dict(runs)
        plan |= {} if tuning is None else {"tuning": tuning.to_json()}
        if self._holds(plan):
            self.touch_plan()
            return
        self.require_writable()
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(self.plan_file, {SEAL: _seal(plan), **plan})

    @contextlib.contextmanager
    def planning(self) -> Iterator[None]:
        """Keep other commands from changing the plan meanwhile, where it can be changed at all.

        Raises:
            StoreProblem: another is at it, and does not let it go.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(self.folder / "locks" / PLAN_LOCK, timeout=PLAN_PATIENCE)
        try:
            require_own(self.folder / "locks")
            (self.folder / "locks").mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout as error:
            raise StoreProblem(
                f"{self.plan_file}: another command has been changing it for {PLAN_PATIENCE:g} s; "
                "try again once it is done, or stop it"
            ) from error
        except OSError:  # a disk that cannot be written, where nothing changes
            pass
        try:
            yield
        finally:
            lock.release()

    def touch_plan(self) -> None:
        """Make the plan the newest one, where it can be written at all."""
        with contextlib.suppress(OSError):
            self.plan_file.touch()

    def _holds(self, plan: Mapping[str, Any]) -> bool:
        try:
            return _seal(self.plan()) == _seal(plan)
        except StoreProblem:
            return False

    def plan(self) -> dict[str, Any]:
        """Return the newest plan as :meth:`write_plan` records it; older ones lack some of it.

        Raises:
            StoreProblem: it is missing, damaged, or changed since it was written.
        """
        plan = read_json(self.plan_file)
        seal = plan.pop(SEAL, None)
        if seal is not None and seal != _seal(plan):
            raise StoreProblem(f"{self.plan_file}: changed since {_way_back(plan)}")
        return plan

    def planned(self) -> list[str]:
        """Return the ids of the newest plan's runs, in order.

        Raises:
            StoreProblem: it is missing or damaged.
        """
        runs = self.plan().get("runs")
        if not isinstance(runs, dict):
            raise StoreProblem(f"{self.plan_file}: lacks its runs; plan it again")
        return list(runs)

    def tuning(self) -> TuningPlan | None:
        """Return the tuning that the newest plan records, None of a grid without.

        Raises:
            StoreProblem: it is damaged.
        """
        data = self.plan().get("tuning")
        return None if data is None else from_json(data, self.plan_file)

    def unplanned(self) -> list[str]:
        """Return ids of runs in the folder that the newest plan does not name."""
        tuning, confirmed = self.tuning(), self.planned()
        tried = tuning.runs if tuning else {}
        return [name for name in self.folders() if name not in confirmed and name not in tried]

    def require_writable(self) -> None:
        """Refuse a folder in which nothing can be written, before any work is done for it.

        Raises:
            StoreProblem: which folder is in the way.
        """
        for folder in (self.folder, *self.folder.absolute().parents):
            if folder.exists() or folder.is_symlink():
                if not folder.is_dir():
                    raise StoreProblem(f"{folder}: is a file; results need a folder, see --out")
                if not os.access(folder, os.W_OK | os.X_OK):
                    raise StoreProblem(f"{folder}: cannot be written to; choose another --out")
                return


def budget(seconds: float | None) -> dict[str, float] | None:
    """Return what a plan says of the seconds that its runs train."""
    return None if seconds is None else {"seconds": seconds}


def seconds_of(plan: Mapping[str, Any], where: Path) -> float | None:
    """Return the seconds that the runs of a plan train, None where it gives steps.

    Args:
        plan: as it is stored.
        where: its file, for the message.

    Raises:
        StoreProblem: what it says is no such number.
    """
    said = plan.get("budget")
    if said is None:
        return None
    seconds = said.get("seconds") if isinstance(said, dict) else None
    if isinstance(seconds, int | float) and seconds is not True and 0 < seconds < math.inf:
        return float(seconds)
    raise StoreProblem(f"{where}: budget is no number of seconds; plan it again")


def _seal(plan: Mapping[str, Any]) -> str:
    stored = json.loads(json.dumps(plan))
    return digest(json.dumps(stored, sort_keys=True).encode())


def _way_back(plan: Mapping[str, Any]) -> str:
    """Say what wrote a plan that was changed, and how it is written anew."""
    runs = plan.get("runs")
    if isinstance(runs, dict) and any(map(imported.is_name, runs)):
        return "`bench import` wrote it; import the runs again, to another folder"
    return "`bench run` wrote it; the same `bench run` with --plan replace writes it anew"


def _id_if_earlier(folder: Path) -> str | None:
    """Return the id that this version gives to what an earlier one ran in a folder, or None."""
    try:
        spec = RunStore(folder).spec()
        return from_stored(spec).run_id if identity.earlier(spec) else None
    except (StoreProblem, ValidationError):
        return None


def found(folder: Path) -> GridStore:
    """Return the store of a grid's results folder.

    Raises:
        StoreProblem: it is none; what it is instead.
    """
    grid = GridStore(folder)
    if grid.plan_file.is_file():
        return grid
    raise StoreProblem(
        f"{folder}: no results of a grid, which are a folder with grid.json and runs/ in it, as "
        f"`bench run` leaves it at results/<grid>; {_instead(folder)}"
    )


def _instead(folder: Path) -> str:
    if not folder.is_dir():
        return "this is a file" if folder.exists() else "there is nothing of this name"
    if RunStore(folder).spec_file.is_file():
        run = folder.resolve()
        return f"this is a run's folder: its grid is {run.parent.parent}, and `bench show` shows it"
    inside = sorted(plan.parent.as_posix() for plan in folder.glob("*/grid.json"))
    return f"in it are {', '.join(inside[:5])}" if inside else "nothing of the kind is in it"


def newest_results(root: Path) -> Path:
    """Return the results folder under ``root`` whose plan was written last.

    Raises:
        StoreProblem: there is none.
    """
    plans = sorted(root.glob("*/grid.json"), key=lambda plan: plan.stat().st_mtime)
    if not plans:
        raise StoreProblem(f"no results under {root}; run `bench run --grid lipschitz.yaml` first")
    return plans[-1].parent
