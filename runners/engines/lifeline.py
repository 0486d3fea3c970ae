"""No process outlives the one that started it, whatever ended that one."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import wait
from pathlib import Path

PR_SET_PDEATHSIG = 1  # linux/prctl.h
OOM_SCORE = "500"  # of 1000: when memory runs out, the kernel ends a worker before its parent


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent dies, even one stuck in C code."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def watch_creator() -> None:
    """Exit when the process that asked the fork server for this one dies; works everywhere."""
    creator = multiprocessing.parent_process()
    if creator is not None:
        threading.Thread(target=_exit_after, args=(creator.sentinel,), daemon=True).start()


def _exit_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def volunteer() -> None:
    """Have the kernel end this process rather than its parent when memory runs out."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)


def block_stop_signals() -> None:
    """Keep SIGTERM and SIGHUP waiting, here and in processes forked from this one."""
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGHUP})


def handle_stop_signals(handler: Callable[..., None]) -> None:
    """Have SIGTERM call a handler, also one that came while it was blocked.

    SIGINT and SIGHUP are ignored: the parent gets them too, and tells its workers what to do.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, handler)
    if sys.platform != "win32":
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGHUP})
