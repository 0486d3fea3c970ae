"""A run's folder as it was when its lease was taken, whatever its name leads to later.

Whoever takes a run over from a process that may wake up gives the name to a copy. The sleeper
still writes where it stands: in the old folder, which nobody reads and which is removed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from runners.files import Place, require_own, sync_folder
from runners.store.lease import Lease

COPY = ".copy"


def opened(folder: Path) -> Place:
    """Return a folder to write in; close it at the end."""
    return Place(folder, os.open(folder, os.O_RDONLY | os.O_DIRECTORY))


def renew(folder: Path, aside: Path, first: Iterable[str], lease: Lease) -> None:
    """Give a folder's name to a copy of it, so that who stands in the old one disturbs nobody.

    Cut off anywhere, it leaves the folder or a whole copy, which :func:`recover` puts there.

    Args:
        folder: of a run; there may be none yet.
        aside: of this run alone: where old ones and copies are meanwhile, on the same disk.
        first: files that know of others, which may still grow: they are copied before these.
        lease: on the run; another process may have taken it while this one slept here.

    Raises:
        LeaseLost: another did.
    """
    require_own(aside.parent)
    if not folder.exists():
        return
    aside.mkdir(parents=True, exist_ok=True)
    old, copy = aside / f"{lease.number}.old", aside / f"{lease.number}{COPY}"
    _copy(folder, copy, set(first))
    lease.require()
    folder.rename(old)
    copy.rename(folder)
    sync_folder(folder.parent)
    shutil.rmtree(aside, ignore_errors=True)
    with contextlib.suppress(OSError):  # others' folders are in it
        aside.parent.rmdir()


def recover(folder: Path, aside: Path) -> None:
    """Finish what a process began that died while it renewed a folder."""
    if not folder.exists() and (copies := list(aside.glob(f"*{COPY}"))):
        max(copies, key=lambda copy: int(copy.stem)).rename(folder)


def _copy(folder: Path, copy: Path, first: set[str]) -> None:
    copy.mkdir()
    for name in first:
        with contextlib.suppress(FileNotFoundError):
            shutil.copy2(folder / name, copy / name, follow_symlinks=False)

    def copied(where: str, names: list[str]) -> set[str]:
        return first & set(names) if Path(where) == folder else set()

    shutil.copytree(folder, copy, symlinks=True, ignore=copied, dirs_exist_ok=True)
    _sync(copy)


def _sync(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if path.is_symlink():
            continue
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
