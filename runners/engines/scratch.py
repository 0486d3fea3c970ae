"""A folder for what wandb and torch leave in TMPDIR, gone with the process it was made for.

A process that is killed leaves its folder behind; the next one removes it. A folder says that its
process lives by a lock on a file in it, which the kernel lets go of whatever ends that process.
"""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX, ALIVE = "bench-", "alive"
LAST = -200  # of what multiprocessing ends with this process: its own folders go before, at -100
LONGEST = 60  # characters of a folder that leaves room for the path of a socket in it


@cache
def scratch() -> Path:
    """Return this process's folder, after removing those of processes that were killed."""
    _remove_abandoned(Path(tempfile.gettempdir()))
    folder = _locked()
    if len(str(folder)) <= LONGEST:
        tempfile.tempdir = str(folder)  # of multiprocessing's sockets, whose paths must be short
    return folder


def _locked() -> Path:
    """Return a new folder that says that this process lives."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        lock = FileLock(folder / ALIVE)
        lock.acquire()
        _held.append(lock)
        if (folder / ALIVE).exists():  # else another took it for abandoned before the lock
            Finalize(None, shutil.rmtree, (folder, True), exitpriority=LAST)
            return folder


_held: list[FileLock] = []
"""They last as long as this process."""


def _remove_abandoned(root: Path) -> None:
    for alive in root.glob(f"{PREFIX}*/{ALIVE}"):
        if alive.is_symlink() or alive.parent.is_symlink():
            continue
        try:
            with FileLock(alive, timeout=0):
                shutil.rmtree(alive.parent, ignore_errors=True)
        except (Timeout, OSError):  # its process lives, or it is another user's
            continue
