"""A worker process from inside: it carries out what its pipe brings, and says how it went."""

from __future__ import annotations

import contextlib
import faulthandler
import pickle
import traceback
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import torch

from runners.engines import task
from runners.engines.lifeline import (
    die_with_parent,
    handle_stop_signals,
    volunteer,
    watch_creator,
)
from runners.errors import UserProblem
from runners.options import Options
from runners.tracking import TrackingLost

Answer = tuple[str, Any]
"""(kind, value): ``done`` and a result, ``problem`` and a line, ``failed`` and a traceback."""


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


def serve(connection: Connection) -> None:
    """Carry out what comes through the pipe until it closes.

    The first message holds the options and is not answered; if it cannot be followed, every
    other one is answered with why. An answer is (kind, value, whether this process should be
    replaced by a fresh one).
    """
    stop = Flag()
    start_worker(stop)
    spent = _send_warnings(connection)
    with contextlib.suppress(EOFError):
        options, gpu = connection.recv()
        begun = _answer(task.begin, options, gpu)
        tasks = _tasks(options, stop)
        while True:
            message = connection.recv_bytes()
            answer = _answer(_carry_out, message, tasks) if begun[0] == "done" else begun
            connection.send((*answer, spent() or stop()))


def start_worker(stop: Flag) -> None:
    """Set up a fresh worker: one torch thread, interrupts left to the parent, no orphan."""
    die_with_parent()
    watch_creator()
    volunteer()
    torch.set_num_threads(1)
    handle_stop_signals(stop.up)
    faulthandler.enable()


def _tasks(options: Options, stop: Flag) -> dict[str, Callable[..., Any]]:
    return {
        "prepare": lambda specs: task.prepare(specs, options),
        "devices": lambda: task.devices(options),
        "execute": lambda spec, folder, claim: task.execute(spec, folder, options, stop, claim),
    }


def _carry_out(message: bytes, tasks: dict[str, Callable[..., Any]]) -> Any:
    name, *arguments = pickle.loads(message)  # what the parent sent
    return tasks[name](*arguments)


def _send_warnings(connection: Connection) -> Callable[[], bool]:
    """Send warnings through the pipe instead of into progress bars.

    Returns:
        Whether wandb broke in this process.
    """
    lost: list[object] = []

    def show(message: Any, category: type[Warning], filename: str, lineno: int, *_: Any) -> None:
        lost.extend([category] if issubclass(category, TrackingLost) else [])
        topic = getattr(message, "topic", f"{filename}:{lineno}")
        with contextlib.suppress(OSError):
            connection.send(("note", topic, f"{message}"))

    warnings.showwarning = show
    return lambda: bool(lost)


def _answer(action: Callable[..., Any], *arguments: Any) -> Answer:
    try:
        return ("done", action(*arguments))
    except UserProblem as problem:
        return ("problem", str(problem))
    except OSError as error:
        return ("problem", task.explain(error))
    except Exception:
        return ("failed", traceback.format_exc())
