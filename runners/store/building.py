"""A results folder that is built beside its place, and is there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from runners.errors import StoreProblem
from runners.files import require_own, sync_folder
from runners.store.grid import PLAN_LOCK, GridStore


def require_new(out: Path) -> None:
    """Refuse a place where anything is, or where nothing can be written.

    Raises:
        StoreProblem: what is in the way.
    """
    require_own(out)
    GridStore(out).require_writable()
    if out.exists() and any(out.iterdir()):
        raise StoreProblem(f"{out}: is not empty; name a new folder, which is then made")


@contextlib.contextmanager
def built(out: Path) -> Iterator[GridStore]:
    """Give a folder beside ``out`` that becomes it at the end, or goes where that is not reached.

    What was left under its name by a process that was killed goes as well.

    Raises:
        StoreProblem: something is at ``out``, or another process builds it.
    """
    out = out.absolute()
    new = GridStore(out.with_name(f".{out.name}.building"))
    require_own(new.folder)
    new.folder.mkdir(parents=True, exist_ok=True)
    with _alone(new):
        require_new(out)
        try:
            shutil.rmtree(new.runs_folder, ignore_errors=True)
            new.runs_folder.mkdir()
            yield new
            os.sync()
            new.folder.rename(out)
        except BaseException:
            shutil.rmtree(new.folder, ignore_errors=True)
            raise
    sync_folder(out.absolute().parent)


@contextlib.contextmanager
def _alone(new: GridStore) -> Iterator[None]:
    from filelock import FileLock, Timeout

    file = new.folder / "locks" / PLAN_LOCK
    file.parent.mkdir(exist_ok=True)
    try:
        with FileLock(file, timeout=0):
            yield
    except Timeout as error:
        raise StoreProblem(f"{new.folder}: another process is building this folder") from error
