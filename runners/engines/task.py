"""What a worker process does: prepare a grid once, then execute runs one at a time."""

from __future__ import annotations

import os
import signal
import threading
import time
import traceback
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

from runners.errors import UserProblem
from runners.metrics.scorer import check, scorer
from runners.options import Options
from runners.spec import from_dict
from runners.store import BUSY, CRASHED, RunStore
from runners.train import train


def start_worker() -> None:
    """Set up a fresh worker: one torch thread, interrupts left to the parent, no orphan."""
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, args=(os.getppid(),), daemon=True).start()


def _exit_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def prepare(specs: list[dict[str, Any]], options: Options) -> list[str]:
    """Check the device, load every data set and fill the caches before any training starts.

    Returns:
        One line a data set: sizes, extractor and its held-out accuracy.

    Raises:
        UserProblem: what is missing and what to do.
    """
    resolve_device(options.device)
    lines = []
    for spec in map(from_dict, specs):
        judge = scorer(spec.dataset, spec.evaluation.extractor, options)
        check(judge, spec.evaluation)
        accuracy = judge.extractor.accuracy
        right = "" if accuracy is None else f" (held-out accuracy {accuracy:.1%})"
        lines.append(
            f"{spec.dataset.name}: {len(judge.images.train)} training data of shape "
            f"{spec.dataset.shape}, scored by {judge.extractor.name}{right}"
        )
    return lines


def resolve_device(device: str) -> str:
    """Return ``cpu`` or ``cuda`` for ``auto``, ``cpu`` or ``cuda``."""
    available = torch.cuda.is_available()
    if device == "cuda" and not available:
        raise UserProblem("--device cuda: torch finds no CUDA device; use --device cpu or auto")
    if device == "auto":
        return "cuda" if available else "cpu"
    return device


def execute(spec: dict[str, Any], folder: Path, options: Options) -> dict[str, Any]:
    """Execute one run in its folder, unless it is done or another process holds it.

    An exception is recorded with its traceback and never leaves this function, so that one
    run cannot take others along.
    """
    store = RunStore(folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(store.lock_file, timeout=0):
            if store.is_done():
                return store.status()
            store.create(spec)
            return _train(spec, store, options)
    except Timeout:
        return {"state": BUSY, "reason": "another process is at this run"}


def _train(spec: dict[str, Any], store: RunStore, options: Options) -> dict[str, Any]:
    try:
        return train(from_dict(spec), store, options)
    except Exception as error:
        lines = traceback.format_exception_only(error)
        crash = {"reason": lines[-1].strip(), "traceback": traceback.format_exc()}
        store.write_status(CRASHED, **crash)
        return {"state": CRASHED, **crash}
