"""Results on disk: the only code that knows the file names of a run folder.

    results/<grid>/grid.json           the plan: name and run ids, in order
    results/<grid>/runs/<run_id>/      one folder a run, see RunStore
    results/<grid>/report/             made by `bench report`

Whole files are written to a unique temporary name, fsynced and renamed; ``done`` is written
last. JSON-lines files are appended to; a reader drops only an unterminated last line.
"""

from __future__ import annotations

import json
import math
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from runners.errors import UserProblem

FINISHED, DIVERGED, CRASHED = "finished", "diverged", "crashed"  # written by a run that ended
UNFINISHED, MISSING, BUSY = "unfinished", "missing", "busy"  # what else may be said of one


class StoreProblem(UserProblem):
    """A damaged or misplaced results file, named."""


class RunStore:
    """One run's folder.

    Row files (JSON lines; every row has ``step``, generator updates so far):
        metrics: losses, logits and gradient norms.
        scores: one row a scored step, with the protocol it was scored under.
        spectra: one row a step and layer of the discriminator, with all singular values.
        diagnostics: one row a diagnosed step: input-gradient norms of the discriminator.
        timing: seconds of training so far; the only file that differs between repeats.
    Beside them, ``evals`` has a row for every later scoring of the finished run.
    """

    ROW_FILES = ("metrics", "scores", "spectra", "diagnostics", "timing")

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run_id = folder.name
        self.spec_file = folder / "spec.json"
        self.status_file = folder / "status.json"
        self.proof_file = folder / "proof.json"
        self.done_file = folder / "done"
        self.lock_file = folder / "lock"
        self.checkpoint_file = folder / "checkpoint.pt"
        self.samples_file = folder / "samples.npz"
        self.surface_file = folder / "surface.npz"
        self.floor_file = folder / "floor.json"
        self.samples_folder = folder / "samples"
        self.wandb_folder = folder / "wandb"

    def rows_file(self, name: str) -> Path:
        """Return the path of a row file."""
        return self.folder / f"{name}.jsonl"

    def sample_grid_file(self, step: int) -> Path:
        """Return the path of the sample grid drawn at ``step``."""
        return self.samples_folder / f"step-{step:08d}.png"

    def sample_grids(self) -> list[tuple[int, Path]]:
        """Return (step, PNG) of every sample grid, in order."""
        files = sorted(self.samples_folder.glob("step-*.png"))
        return [(int(file.stem.removeprefix("step-")), file) for file in files]

    def create(self, spec: dict[str, Any]) -> None:
        """Make the folder and write the resolved spec, unless there already."""
        self.samples_folder.mkdir(parents=True, exist_ok=True)
        if not self.spec_file.exists():
            write_json(self.spec_file, spec)

    def spec(self) -> dict[str, Any]:
        """Return the resolved spec."""
        return read_json(self.spec_file)

    def proof(self) -> dict[str, Any]:
        """Return the hashes of initial weights, data order and latents, {} before the first."""
        return read_json(self.proof_file) if self.proof_file.exists() else {}

    def write_status(self, state: str, **details: Any) -> None:
        """Record how the run ended; ``done`` follows unless it crashed."""
        write_json(self.status_file, {"state": state, **details})
        if state in (FINISHED, DIVERGED):
            write_bytes(self.done_file, b"")

    def status(self) -> dict[str, Any]:
        """Return {"state": ..., details}; state is unfinished or missing where nothing ended."""
        if self.status_file.exists():
            return read_json(self.status_file)
        return {"state": UNFINISHED if self.spec_file.exists() else MISSING}

    def is_done(self) -> bool:
        """Whether the run finished or diverged: there is nothing left to do."""
        return self.done_file.exists()

    def append(self, name: str, rows: Iterable[dict[str, Any]]) -> None:
        """Append rows to a row file; non-finite numbers become null."""
        text = "".join(json.dumps(_finite(row), allow_nan=False) + "\n" for row in rows)
        with self.rows_file(name).open("a", encoding="utf-8") as file:
            file.write(text)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return all complete rows of a row file, [] where there is none."""
        return list(read_rows(self.rows_file(name)))

    def last_row(self, name: str) -> dict[str, Any] | None:
        """Return the last complete row, reading only the file's end."""
        file = self.rows_file(name)
        if not file.exists():
            return None
        with file.open("rb") as handle:
            handle.seek(max(0, file.stat().st_size - 4096))
            lines = handle.read().split(b"\n")[:-1]
        return json.loads(lines[-1]) if lines else None

    def sync_rows(self) -> dict[str, int]:
        """Force the row files to disk and return their sizes in bytes."""
        sizes = {}
        for name in self.ROW_FILES:
            with self.rows_file(name).open("ab") as file:
                os.fsync(file.fileno())
                sizes[name] = file.tell()
        return sizes

    def truncate_rows(self, sizes: dict[str, int]) -> None:
        """Cut the row files back to the sizes a checkpoint recorded; those it lacks, to nothing."""
        for name in self.ROW_FILES:
            file = self.rows_file(name)
            if file.exists():
                os.truncate(file, sizes.get(name, 0))


class GridStore:
    """One grid's results folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plan_file = folder / "grid.json"
        self.runs_folder = folder / "runs"
        self.report_folder = folder / "report"

    def run(self, run_id: str) -> RunStore:
        """Return the store of one run."""
        return RunStore(self.runs_folder / run_id)

    def write_plan(self, name: str, specs: dict[str, dict[str, Any]]) -> None:
        """Record the newest plan: the grid's name and every run's resolved spec by id."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(self.plan_file, {"name": name, "runs": specs})

    def plan(self) -> dict[str, Any]:
        """Return {"name": ..., "runs": {run_id: spec}}."""
        return read_json(self.plan_file)

    def unplanned(self) -> list[str]:
        """Return ids of runs in the folder that the newest plan does not name."""
        planned = self.plan()["runs"]
        folders = self.runs_folder.iterdir() if self.runs_folder.is_dir() else ()
        return sorted(folder.name for folder in folders if folder.name not in planned)


def newest_results(root: Path) -> Path:
    """Return the results folder under ``root`` whose plan was written last.

    Raises:
        StoreProblem: there is none.
    """
    plans = sorted(root.glob("*/grid.json"), key=lambda plan: plan.stat().st_mtime)
    if not plans:
        raise StoreProblem(f"no results under {root}; run `bench run --grid lipschitz.yaml` first")
    return plans[-1].parent


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file so that a reader sees the old one or the new one, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_json(path: Path, data: object) -> None:
    """Write a JSON file in one piece."""
    write_bytes(path, (json.dumps(data, indent=1) + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON file's object.

    Raises:
        StoreProblem: the file is missing or damaged.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreProblem(f"{path}: cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise StoreProblem(f"{path}: holds {type(data).__name__}, not an object")
    return data


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a JSON-lines file, dropping only an unterminated last line.

    Raises:
        StoreProblem: a complete line is not a JSON object; the line is named.
    """
    if not path.exists():
        return
    *lines, _torn = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise StoreProblem(f"{path}:{number}: damaged row: {error}") from error
        if not isinstance(row, dict):
            raise StoreProblem(f"{path}:{number}: damaged row: not an object")
        yield row


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
