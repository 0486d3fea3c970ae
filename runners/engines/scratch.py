"""A folder for what wandb and torch leave in TMPDIR, gone with the process it was made for.

A process that is killed leaves its folder behind; the next one removes it. A folder says that its
process lives by a lock on a file in it, which the kernel lets go of whatever ends that process.
"""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from filelock import FileLock, Timeout

PREFIX, ALIVE = "bench-", "alive"


@cache
def scratch() -> Path:
    """Return this process's folder, after removing those of processes that were killed."""
    _remove_abandoned(Path(gettempdir()))
    folder = TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True)
    lock = FileLock(Path(folder.name) / ALIVE)
    lock.acquire()
    _held.append((folder, lock))
    return Path(folder.name)


_held: list[tuple[TemporaryDirectory[str], FileLock]] = []
"""Both last as long as this process."""


def _remove_abandoned(root: Path) -> None:
    for alive in root.glob(f"{PREFIX}*/{ALIVE}"):
        if alive.is_symlink() or alive.parent.is_symlink():
            continue
        try:
            with FileLock(alive, timeout=0):
                shutil.rmtree(alive.parent, ignore_errors=True)
        except (Timeout, OSError):  # its process lives, or it is another user's
            continue
