"""A worker process as seen by the process that started it: a pipe, and how it ended.

Each worker has a pipe of its own and shares no lock with another, so that one killed at any
moment can block nobody.
"""

from __future__ import annotations

import contextlib
import os
import signal
from multiprocessing.connection import Connection
from typing import Any

from runners.engines.slots import CPU, visible
from runners.errors import UserProblem
from runners.options import Options

PATIENCE = 5.0  # seconds for a worker without work to go
BURIAL = 60.0  # seconds for a process whose pipe is closed to be gone, on a crowded machine

MEANINGS = {
    signal.SIGKILL: "out of memory, or somebody killed it",
    signal.SIGSEGV: "segmentation fault",
    signal.SIGABRT: "aborted itself",
    signal.SIGBUS: "bus error: a file or shared memory vanished or filled its disk",
    signal.SIGILL: "a machine instruction this processor lacks",
    signal.SIGFPE: "arithmetic fault",
}


class Worker:
    """One worker process and the pipe to it.

    Args:
        context: multiprocessing's fork server context.
        options: how and where to run; sent once, before anything else.
        device: ``cpu``, or the GPU that is to be its only one, as ``cuda:0``.

    Raises:
        UserProblem: no process can be started.
    """

    def __init__(self, context: Any, options: Options, device: str = CPU) -> None:
        self.device = device
        self.connection: Connection
        self.connection, far = context.Pipe()
        self.process = context.Process(target=_serve, args=(far,), daemon=True)
        try:
            self.process.start()
        except (OSError, EOFError) as error:
            hint = "; set TMPDIR to a shorter path" if "path too long" in str(error) else ""
            raise UserProblem(
                f"cannot start a worker process: {error or 'no answer'}{hint}"
            ) from error
        finally:
            far.close()
        self.send(options, visible(device))

    def send(self, *message: Any) -> bool:
        """Send a message; False if the worker is gone."""
        try:
            self.connection.send(message)
        except OSError:
            return False
        return True

    def receive(self) -> tuple[Any, ...] | None:
        """Return the next message, or None if the worker died instead of sending one."""
        try:
            return self.connection.recv()
        except (OSError, EOFError):
            return None

    def ask_to_stop(self) -> None:
        """Ask for a checkpoint and an end of the run in progress."""
        if self.process.is_alive() and self.process.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End the process now."""
        self.process.kill()

    def close(self) -> None:
        """Let a worker without work go, and one that does not go be killed."""
        self.connection.close()
        self.process.join(PATIENCE)
        self.kill()
        self.process.join()

    def ending(self) -> str:
        """Say how the dead process ended."""
        self.process.join(BURIAL)
        code = self.process.exitcode
        if code is None or code >= 0:
            return f"the worker process exited with code {code}"
        number = -code
        name = signal.Signals(number).name if number in list(signal.Signals) else str(number)
        meaning = MEANINGS.get(signal.Signals(number)) if name.startswith("SIG") else None
        return f"the worker process was ended by {name}" + (f" ({meaning})" if meaning else "")


def _serve(connection: Connection) -> None:
    """Import torch in the worker only."""
    from runners.engines.service import serve

    serve(connection)
