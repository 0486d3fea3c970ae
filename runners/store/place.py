"""A run's folder as it was when its lease was taken, whatever its name leads to later.

Whoever takes a run over from a process that may wake up gives the name to a copy. The sleeper
still writes where it stands: in the old folder, which nobody reads and which is removed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from runners.files import Place, require_own, sync_folder


def opened(folder: Path) -> Place:
    """Return a folder to write in; close it at the end."""
    return Place(folder, os.open(folder, os.O_RDONLY | os.O_DIRECTORY))


def renew(folder: Path, aside: Path) -> None:
    """Give a folder's name to a copy of it, so that who stands in the old one disturbs nobody.

    Cut off anywhere, it leaves the folder or a whole copy, which :func:`recover` puts there.

    Args:
        folder: of a run; there may be none yet.
        aside: where the old one and the copy are meanwhile, on the same disk.
    """
    require_own(aside)
    if not folder.exists():
        return
    aside.mkdir(parents=True, exist_ok=True)
    old, copy = aside / folder.name, _copy(folder, aside)
    for left in (old, copy):
        shutil.rmtree(left, ignore_errors=True)
    shutil.copytree(folder, copy, symlinks=True, ignore_dangling_symlinks=True)
    _sync(copy)
    folder.rename(old)
    copy.rename(folder)
    sync_folder(folder.parent)
    shutil.rmtree(old, ignore_errors=True)
    with contextlib.suppress(OSError):  # others' folders are in it
        aside.rmdir()


def recover(folder: Path, aside: Path) -> None:
    """Finish what a process began that died while it renewed a folder."""
    copy = _copy(folder, aside)
    if copy.exists() and not folder.exists():
        copy.rename(folder)


def _copy(folder: Path, aside: Path) -> Path:
    return aside / f"{folder.name}.copy"


def _sync(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if path.is_symlink():
            continue
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
