"""A run's folder: the only code that knows its file names.

Whole files are written in one piece (see runners/files.py); ``done`` is written last, with the
hashes of the others, so that every reader notices any change of an ended run.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from runners import identity
from runners.errors import StoreProblem
from runners.files import (
    ANYWHERE,
    APPEND,
    append_rows,
    digest,
    last_row,
    parse_rows,
    read_bytes,
    read_json,
    remove_temporaries,
    require_own,
    sync_folder,
    truncate,
    write_bytes,
    write_json,
)
from runners.spec import RunSpec, from_stored
from runners.store.lease import NO_CLAIM, Claim, Held, Holder, Lease, alive, holder
from runners.store.place import opened, recover, renew
from runners.store.seal import part, require_unchanged, seal, sealed_part
from runners.store.states import State, Status, from_json

EVALS, EVENTS = "evals", "events"
LOG_TAIL = 8000  # characters of a dead worker's output to keep


class RunStore:
    """One run's folder.

    Row files (JSON lines; every row has ``step``, generator updates so far):
        metrics: losses, logits and gradient norms.
        scores: one row a scored step, with the protocol it was scored under.
        spectra: one row per step and layer of the discriminator, with all singular values.
        diagnostics: one row a diagnosed step: input-gradient norms of the discriminator.
        timing: seconds of training so far; the only file that differs between repeats.
        best: once a run finished, one row: the generator of the best validation score, taken at
            ``step`` and scored on fresh latents.
    Beside them, ``evals`` has a row for every later scoring of the finished run; ``done`` knows how
    much of it is whole. ``events`` has one for every attempt but the first.
    """

    ROW_FILES = ("metrics", "scores", "spectra", "diagnostics", "timing", "best")

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run_id = folder.name
        self.spec_file = folder / "spec.json"
        self.status_file = folder / "status.json"
        self.proof_file = folder / "proof.json"
        self.done_file = folder / "done"
        self.lease_folder = folder.parent.parent / "leases" / folder.name
        self.superseded_folder = folder.parent.parent / "superseded" / folder.name
        self.damaged_folder = folder.parent.parent / "damaged"
        self.log_file = folder / "worker.log"
        self.checkpoint_file = folder / "checkpoint.pt"
        self.samples_file = folder / "samples.npz"
        self.surface_file = folder / "surface.npz"
        self.floor_file = folder / "floor.json"
        self.samples_folder = folder / "samples"
        self.wandb_folder = folder / "wandb"
        self.place = ANYWHERE
        self._lease: Lease | None = None

    def rows_file(self, name: str) -> Path:
        """Return the path of a row file."""
        return self.folder / f"{name}.jsonl"

    def sample_grid_file(self, step: int) -> Path:
        """Return the path of the sample grid drawn at ``step``."""
        return self.samples_folder / f"step-{step:08d}.png"

    def sample_grids(self) -> list[tuple[int, Path]]:
        """Return (step, PNG) of every sample grid, in order.

        Raises:
            StoreProblem: one is a link, pipe or device, or all of them lie elsewhere by a link.
        """
        require_own(self.samples_folder)
        files = sorted(self.samples_folder.glob("step-*.png"))
        for file in files:
            require_own(file)
        steps = [(file.stem.removeprefix("step-"), file) for file in files]
        return [(int(step), file) for step, file in steps if re.fullmatch("[0-9]{1,18}", step)]

    @contextlib.contextmanager
    def lease(self, claim: Claim = NO_CLAIM) -> Iterator[Lease]:
        """Have the run for this process alone; it lies outside the run's folder.

        Raises:
            Held: another process has it.
        """
        with Lease(self.lease_folder, claim) as lease:
            recover(self.folder, self.superseded_folder)
            if lease.after_sleeper:
                renew(self.folder, self.superseded_folder, self.written_last(), lease)
            lease.settle()
            self._lease = lease
            try:
                yield lease
            finally:
                self._lease = None
                self._leave()

    def written_last(self) -> list[str]:
        """Return the names of files that are written after others and know of them, last first."""
        files = (self.done_file, self.status_file, self.proof_file, self.checkpoint_file)
        return [file.name for file in files]

    def holder(self) -> Holder:
        """Return which process has the run, or had it last."""
        return holder(self.lease_folder)

    def holder_lives(self, known: Holder) -> bool | None:
        """Say whether a holder lives, None where only its signs of life can tell."""
        return alive(self.lease_folder, known)

    def require_lease(self) -> None:
        """Refuse to go on with a run that was given to another process meanwhile.

        Raises:
            LeaseLost: it was.
        """
        if self._lease:
            self._lease.require()

    def _enter(self) -> None:
        """Stand in the folder as it is now, for all that is written up to the end of the lease."""
        if self._lease:
            self.place = opened(self.folder)
            self.require_lease()

    def _leave(self) -> None:
        if self.place.descriptor is not None:
            os.close(self.place.descriptor)
            self.place = ANYWHERE

    @property
    def taken_over(self) -> bool:
        """Whether the process that had the run before this one may still wake up."""
        return bool(self._lease and self._lease.after_sleeper)

    def check(self, spec: RunSpec) -> None:
        """Refuse a folder that is not a sound state of the run with this spec.

        Raises:
            StoreProblem: what is wrong with which file.
        """
        require_own(self.folder)
        if not self.folder.exists():
            return
        if self.spec_file.exists() or self.done_file.exists() or self.checkpoint_file.exists():
            if not self._holds(spec):
                raise StoreProblem(f"{self.spec_file}: not the spec that {self.run_id} stands for")
            self.status()
            self.proof()
        self.check_seal()
        if self.is_done():
            for name in self.ROW_FILES:
                self.rows(name)

    def _holds(self, spec: RunSpec) -> bool:
        stored = self.spec()
        try:
            return stored == spec.as_dict or from_stored(stored) == spec
        except ValidationError:
            return False

    def check_seal(self) -> None:
        """Refuse an ended run of which any file but its checkpoint is not as it was at the end.

        Raises:
            StoreProblem: which file.
        """
        require_own(self.folder)
        if not self.is_done():
            return
        status = self.status()
        if not status.ended:
            raise StoreProblem(f"{self.status_file}: {status.state}, yet the run is done")
        sealed = read_json(self.done_file)
        require_unchanged(self.folder, sealed, self._lasting(), self._pictures())
        self._sealed_evals()

    def check_whole(self) -> None:
        """Refuse a folder that holds another run than its name says, or an ended one that changed.

        For readers without a plan. Of a plugin that is not loaded the name cannot be checked.

        Raises:
            StoreProblem: which file.
        """
        self.check_seal()
        if not self.spec_file.exists():
            return
        stored = self.spec()
        with contextlib.suppress(ValidationError):
            if not identity.earlier(stored) and from_stored(stored).run_id != self.run_id:
                raise StoreProblem(f"{self.spec_file}: not the spec that {self.run_id} stands for")

    def fingerprint(self) -> str:
        """Return a hash of all that readers use: of an ended run of its seal, which knows the rest.

        Raises:
            StoreProblem: a file cannot be read.
        """
        if self.is_done():
            return digest(read_bytes(self.done_file))
        return digest(json.dumps(seal(self.folder, [*self._lasting(), *self._pictures()])).encode())

    def set_aside(self) -> Path:
        """Move the folder out of the way, to damaged/<run_id>-<n>, and return where it is."""
        aside = self.damaged_folder
        require_own(aside)
        aside.mkdir(parents=True, exist_ok=True)
        names = (aside / f"{self.run_id}-{n}" for n in itertools.count(1))
        target = next(name for name in names if not name.exists())
        self.folder.rename(target)
        return target

    def begin(self, spec: dict[str, Any]) -> None:
        """Make the folder ready for a first or another attempt; the caller holds the lock.

        What an attempt that was cut off left half-written goes, and so does its status.
        """
        rows = [self.rows_file(name) for name in (*self.ROW_FILES, EVENTS)]
        for path in (self.folder, self.samples_folder, self.wandb_folder, self.log_file, *rows):
            require_own(path)
        self.create(spec)
        self._enter()
        for folder in (self.folder, self.samples_folder):
            remove_temporaries(folder, self.place)
        self.place.unlink(self.status_file)

    def receive(self) -> None:
        """Make the folder ready for files of another machine; the caller has the lease."""
        require_own(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._leave()
        self._enter()

    def create(self, spec: dict[str, Any]) -> None:
        """Make the folder and write the resolved spec, unless there already."""
        self.samples_folder.mkdir(parents=True, exist_ok=True)
        if not self.spec_file.exists():
            write_json(self.spec_file, spec)
            sync_folder(self.folder.parent)

    def spec(self) -> dict[str, Any]:
        """Return the resolved spec."""
        return read_json(self.spec_file)

    def proof(self) -> dict[str, Any]:
        """Return the hashes of initial weights, data order and latents, {} before the first."""
        return read_json(self.proof_file) if self.proof_file.exists() else {}

    def write(self, file: Path, data: bytes) -> None:
        """Write a whole file of the run."""
        write_bytes(file, data, self.place)

    def write_json(self, file: Path, data: object) -> None:
        """Write a whole JSON file of the run."""
        write_json(file, data, self.place)

    def write_status(self, status: Status) -> None:
        """Record how the run stands; where it ended ``done`` follows, once all rows are on disk."""
        self.write_json(self.status_file, status.to_json())
        if status.ended:
            self.sync_rows()
            sealed = seal(self.folder, [*self._lasting(), *self._pictures()])
            later = part(read_bytes(self.rows_file(EVALS)))
            self.write_json(self.done_file, {**sealed, EVALS: later})

    def _lasting(self) -> list[Path]:
        rows = [self.rows_file(name) for name in (*self.ROW_FILES, EVENTS)]
        return [self.spec_file, self.status_file, self.proof_file, *rows, self.samples_file]

    def _pictures(self) -> list[Path]:
        """Return what was not sealed up to the first versions of schema 3."""
        grids = [grid for _, grid in self.sample_grids()]
        return [self.floor_file, self.surface_file, *grids]

    def record(self) -> list[Path]:
        """Return every file that says what was run and measured, in order: no checkpoint, no log.

        Raises:
            StoreProblem: the seal is damaged, or a file is no file of the folder's own.
        """
        self.check_seal()
        files = [*self._lasting(), *self._pictures(), self.rows_file(EVALS), self.done_file]
        if self.is_done():
            files += [self.folder / name for name in read_json(self.done_file) if "/" in name]
        for file in files:
            require_own(file)
        return sorted({file for file in files if file.is_file()})

    def record_crash(self, reason: str, traceback: str = "", claim: Claim = NO_CLAIM) -> None:
        """Record what a worker that died could not, unless another process took the run over."""
        with contextlib.suppress(Held, OSError), self.lease(claim):
            if self.spec_file.exists() and not self.is_done():
                self.write_status(Status(State.CRASHED, reason=reason, traceback=traceback))

    def log_tail(self) -> str:
        """Return the end of what the last worker printed."""
        try:
            return self.log_file.read_text(encoding="utf-8", errors="replace")[-LOG_TAIL:]
        except OSError:
            return ""

    def status(self) -> Status:
        """Return how the run stands: unfinished or missing where no end was recorded and sealed.

        Raises:
            StoreProblem: the recorded status is damaged.
        """
        begun = Status(State.UNFINISHED if self.spec_file.exists() else State.MISSING)
        if not self.status_file.exists():
            return begun
        status = from_json(read_json(self.status_file), self.status_file)
        return begun if status.ended and not self.is_done() else status

    def is_done(self) -> bool:
        """Whether the run finished or diverged: there is nothing left to do."""
        return self.done_file.exists()

    def append(self, name: str, rows: Iterable[dict[str, Any]]) -> None:
        """Append rows to a row file; non-finite numbers become null."""
        append_rows(self.rows_file(name), rows, self.place)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return all complete rows of a row file, [] where there is none.

        Raises:
            StoreProblem: a row is damaged; it is named.
        """
        file = self.rows_file(name)
        content = self._sealed_evals() if name == EVALS else read_bytes(file)
        return list(parse_rows(content, file))

    def note(self, event: dict[str, Any]) -> None:
        """Add a row to ``events``, which is written in one piece: no checkpoint knows its size.

        Raises:
            StoreProblem: an earlier row is damaged; it is named.
        """
        rows = [*self.rows(EVENTS), event]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        self.write(self.rows_file(EVENTS), text.encode())

    def append_eval(self, row: dict[str, Any]) -> None:
        """Append the row of a later scoring and seal it; one that was cut off is dropped first.

        Raises:
            StoreProblem: another process is at the run, or earlier rows are damaged.
        """
        try:
            with self.lease():
                kept, file = self._sealed_evals(), self.rows_file(EVALS)
                if file.exists():
                    truncate(file, len(kept))
                append_rows(file, [row])
                later = part(read_bytes(file))
                write_json(self.done_file, read_json(self.done_file) | {EVALS: later})
        except Held as error:
            raise StoreProblem(f"{self.folder}: another process is at this run") from error

    def _sealed_evals(self) -> bytes:
        """Return the sealed part of the later scorings; all of them where no version sealed any."""
        file = self.rows_file(EVALS)
        sealed = read_json(self.done_file) if self.is_done() else {}
        return sealed_part(file, sealed[EVALS]) if EVALS in sealed else read_bytes(file)

    def last_row(self, name: str) -> dict[str, Any] | None:
        """Return the last complete row, reading only the file's end; None where there is none.

        Raises:
            StoreProblem: it is damaged.
        """
        return last_row(self.rows_file(name))

    def sync_rows(self) -> dict[str, int]:
        """Force the row files to disk and return their sizes in bytes."""
        sizes = {}
        for name in self.ROW_FILES:
            with os.fdopen(self.place.open(self.rows_file(name), APPEND), "ab") as file:
                os.fsync(file.fileno())
                sizes[name] = file.tell()
        return sizes

    def check_rows(self, sizes: dict[str, int]) -> None:
        """Refuse row files that are not what a checkpoint knows of; what follows may be torn.

        Raises:
            StoreProblem: a file is shorter than its size, or damaged before it.
        """
        for name, size in sizes.items():
            file = self.rows_file(name)
            kept = read_bytes(file)[:size]
            if len(kept) < size:
                raise StoreProblem(f"{file}: {len(kept)} bytes, but the checkpoint knows of {size}")
            list(parse_rows(kept, file))

    def truncate_rows(self, sizes: dict[str, int]) -> None:
        """Cut the row files back to the sizes a checkpoint recorded; those it lacks, to nothing."""
        for name in self.ROW_FILES:
            file = self.rows_file(name)
            if file.exists():
                truncate(file, sizes.get(name, 0), self.place)
