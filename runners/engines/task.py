"""What a worker process does: prepare a grid once, then execute runs one at a time."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
from filelock import Timeout

from runners import checkpoint
from runners.component import origin
from runners.contracts import broken
from runners.engines.lifeline import (
    die_with_parent,
    handle_stop_signals,
    volunteer,
    watch_creator,
)
from runners.errors import StoreProblem, UserProblem
from runners.metrics.scorer import check, scorer
from runners.options import Options
from runners.spec import RunSpec
from runners.store.run import RunStore
from runners.store.states import State, Status
from runners.tracking import TrackingLost
from runners.train import train


class Flag:
    """Whether somebody asked the run in progress to stop; a look at it costs nanoseconds."""

    def __init__(self) -> None:
        self.raised = False

    def __call__(self) -> bool:
        """Return whether it is raised."""
        return self.raised

    def up(self, *_signal: Any) -> None:
        """Raise it; a signal handler."""
        self.raised = True


STOP = Flag()


def serve(connection: Connection) -> None:
    """Carry out what comes through the pipe until it closes.

    An answer is (kind, value, whether this process should be replaced by a fresh one).
    """
    start_worker()
    spent = _send_warnings(connection)
    while True:
        try:
            name, *arguments = connection.recv()
        except EOFError:
            return
        answer = _answer(TASKS[name], arguments)
        connection.send((*answer, spent() or STOP()))


def start_worker() -> None:
    """Set up a fresh worker: one torch thread, interrupts left to the parent, no orphan."""
    die_with_parent()
    watch_creator()
    volunteer()
    torch.set_num_threads(1)
    handle_stop_signals(STOP.up)
    faulthandler.enable()


def _send_warnings(connection: Connection) -> Callable[[], bool]:
    """Send warnings through the pipe instead of into progress bars.

    Returns:
        Whether wandb broke in this process.
    """
    lost: list[object] = []

    def show(message: Any, category: type[Warning], filename: str, lineno: int, *_: Any) -> None:
        lost.extend([category] if issubclass(category, TrackingLost) else [])
        topic = getattr(category, "topic", f"{filename}:{lineno}")
        with contextlib.suppress(OSError):
            connection.send(("note", topic, f"{message}"))

    warnings.showwarning = show
    return lambda: bool(lost)


def _answer(task: Callable[..., Any], arguments: list[Any]) -> tuple[str, Any]:
    try:
        return ("done", task(*arguments))
    except UserProblem as problem:
        return ("problem", str(problem))
    except OSError as error:
        return ("problem", explain(error))
    except Exception:
        return ("failed", traceback.format_exc())


def prepare(specs: list[RunSpec], options: Options) -> list[str]:
    """Check the device, load every data set and fill the caches before any training starts.

    Returns:
        One line a data set: sizes, extractor and its held-out accuracy.

    Raises:
        UserProblem: what is missing and what to do.
    """
    options = resolved(options)
    check_plugins(specs)
    lines = []
    for spec in specs:
        judge = scorer(spec.dataset, spec.evaluation.extractor, options)
        check(judge, spec.evaluation)
        accuracy = judge.extractor.accuracy
        right = "" if accuracy is None else f" (held-out accuracy {accuracy:.1%})"
        lines.append(
            f"{spec.dataset.name}: {len(judge.images.train)} training data of shape "
            f"{spec.dataset.shape}, scored by {judge.extractor.name}{right}"
        )
    return lines


def check_plugins(specs: Iterable[RunSpec]) -> None:
    """Run the contract suite on the components from outside that these runs would use.

    Raises:
        UserProblem: what they break.
    """
    parts = [part for spec in specs for part in spec.parts if origin(part[1])]
    found = [
        f"{origin(component)}: {getattr(component, 'name', registry)}: {text}"
        for registry, component in dict.fromkeys(parts)
        for text in broken(registry, component)
    ]
    if found:
        raise UserProblem("\n".join([*found, "bench check FILE says more; nothing was run"]))


def resolved(options: Options) -> Options:
    """Return the options with ``cpu`` or ``cuda`` for the device ``auto``.

    Raises:
        UserProblem: cuda is asked for and not there.
    """
    available = torch.cuda.is_available()
    if options.device == "cuda" and not available:
        raise UserProblem("--device cuda: torch finds no CUDA device; use --device cpu or auto")
    if options.device != "auto":
        return options
    return replace(options, device="cuda" if available else "cpu")


def execute(spec: RunSpec, folder: Path, options: Options) -> Status:
    """Execute one run in its folder, unless it is done or another process holds it.

    An exception is recorded with its traceback and never leaves this function, so that one
    run cannot take others along.
    """
    store = RunStore(folder)
    try:
        with store.lock():
            return _unless_damaged(spec, store, resolved(options))
    except Timeout:
        return Status(State.BUSY, reason="another process is at this run")
    except Exception as error:
        return _crashed(store, error)


def _unless_damaged(spec: RunSpec, store: RunStore, options: Options) -> Status:
    try:
        return _attempt(spec, store, options)
    except StoreProblem as problem:
        if not options.redo_damaged:
            return Status(State.DAMAGED, reason=str(problem))
        store.set_aside()
        return _attempt(spec, store, options)


def _attempt(spec: RunSpec, store: RunStore, options: Options) -> Status:
    store.check(spec)
    if store.is_done():
        return store.status()
    saved = checkpoint.load(store)  # refused before anything in the folder changes
    store.begin(spec.as_dict)
    with _output_to(store.log_file):
        try:
            return train(spec, store, options, STOP, saved)
        except StoreProblem:
            raise
        except Exception as error:
            return _crashed(store, error)


def _crashed(store: RunStore, error: Exception) -> Status:
    """Return the status of a crash, recorded where the disk still takes it."""
    crash = Status(
        State.CRASHED,
        reason=explain(error),
        traceback=traceback.format_exc(),
        environment=isinstance(error, OSError),
    )
    with contextlib.suppress(OSError):
        store.write_status(crash)
    return crash


def explain(error: Exception) -> str:
    """Say in a line what happened, and what to do if it is not the program's fault."""
    if isinstance(error, UserProblem):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return (
            f"{where}{error.strerror}; once that is put right, the same command goes on from here"
        )
    return traceback.format_exception_only(error)[-1].strip()


@contextmanager
def _output_to(file: Path) -> Iterator[None]:
    """Send what this process prints, C code included, to a file; an empty one is removed."""
    kept = [os.dup(stream) for stream in (1, 2)]
    log = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    try:
        os.dup2(log, 1)
        os.dup2(log, 2)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for stream, copy in zip((1, 2), kept, strict=True):
            os.dup2(copy, stream)
            os.close(copy)
        if os.fstat(log).st_size == 0:
            file.unlink(missing_ok=True)
        os.close(log)


TASKS: dict[str, Callable[..., Any]] = {"prepare": prepare, "execute": execute}
