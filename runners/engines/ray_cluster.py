"""The Ray of a command: started here and ended with it, or one that runs already."""

from __future__ import annotations

import contextlib
import math
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from runners.engines.resources import Resources
from runners.engines.scratch import scratch
from runners.engines.slots import cores
from runners.errors import UserProblem

AUTO, HERE = "auto", "local"
ADDRESS = re.compile(r"(?P<host>[\w.-]+):(?P<port>\d{1,5})")
CONNECT, ANSWER = 3.0, 15.0  # seconds for a connection, and for Ray to answer through it
MISSING = "--engine ray needs Ray: pip install 'lipschitz-bench[ray]'"

PRINTS = "print_to_stdstream"
"""Ray's function that prints what its processes report, whatever logging was asked for."""

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # what is said of GPUs is the far side's
}


@dataclass(frozen=True)
class Node:
    """A machine of a cluster.

    Args:
        id: that Ray gives it.
        name: for people.
        cpus, gpus: it has for runs.
    """

    id: str
    name: str
    cpus: float
    gpus: float

    def holds(self, cpus: float, gpus: float) -> int:
        """Return how many runs of such a size it holds at once."""
        shares = [(self.cpus, cpus), (self.gpus, gpus)]
        return min(math.floor(has / each + 1e-9) for has, each in shares if each)

    def __str__(self) -> str:
        return f"{self.name} has {self.cpus:g} CPUs and {self.gpus:g} GPUs"


def check(resources: Resources) -> None:
    """Refuse what no cluster has, and an address that is none.

    Raises:
        UserProblem: which option, and what to do.
    """
    from importlib.util import find_spec

    if find_spec("ray") is None:
        raise UserProblem(MISSING)
    address = resources.address
    if address not in (None, AUTO) and not ADDRESS.fullmatch(address):
        raise UserProblem(f"--address {address}: is none; give auto, or HOST:PORT of Ray's head")
    cpus, gpus = resources.cpus, resources.gpus
    if cpus is not None and not cpus > 0:
        raise UserProblem(f"--cpus {cpus:g}: a run takes some; 1 is usual")
    if gpus is not None and not (0 <= gpus <= 1 or (gpus > 1 and gpus.is_integer())):
        raise UserProblem(f"--gpus {gpus:g}: give a share of one, as .5, or a count")


class Cluster:
    """A connection to Ray; a context.

    Args:
        address: of its head, ``auto`` for the one of this machine, None to start one here.

    Raises:
        UserProblem: there is none, and what to do.
    """

    def __init__(self, address: str | None) -> None:
        os.environ.update(QUIET)
        if address not in (None, AUTO):
            _require_answer(address)
        _hush()
        with _own_signals():
            _connect(address)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        import ray

        ray.shutdown()

    def nodes(self) -> list[Node]:
        """Return the machines that are up now."""
        import ray

        return [_node(known) for known in ray.nodes() if known["Alive"]]


def _node(known: dict[str, Any]) -> Node:
    has = known["Resources"]
    return Node(known["NodeID"], known["NodeManagerHostname"], has.get("CPU", 0), has.get("GPU", 0))


def _connect(address: str | None) -> None:
    import ray

    usual: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    own = {"num_cpus": cores(), "include_dashboard": False, "_temp_dir": str(scratch())}
    try:
        ray.init(address or HERE, **usual, **({} if address else own))
    except ConnectionError as error:
        raise UserProblem(_unanswered(address)) from error
    except (RuntimeError, OSError) as error:
        if "length" in str(error):
            raise UserProblem("cannot start Ray: set TMPDIR to a shorter path") from error
        raise UserProblem(f"--engine ray: {' '.join(str(error).split())[:400]}") from error


def _hush() -> None:
    """Keep Ray's words on nodes and actors out of the output: what matters is told as a note."""
    import ray._private.worker

    setattr(ray._private.worker, PRINTS, lambda *_, **__: None)


def _require_answer(address: str) -> None:
    """Ask Ray's head for a sign of life, as a wrong address would have it wait for minutes."""
    found = ADDRESS.fullmatch(address)
    try:
        assert found
        socket.create_connection((found["host"], int(found["port"])), CONNECT).close()
        ask = [sys.executable, "-m", "ray.scripts.scripts", "health-check", "--address", address]
        subprocess.run(ask, capture_output=True, timeout=ANSWER, check=True)
    except (OSError, OverflowError, subprocess.SubprocessError) as error:
        raise UserProblem(_unanswered(address)) from error


def _unanswered(address: str | None) -> str:
    if address == AUTO:
        return (
            "--address auto: no Ray runs on this machine; `ray start --head` starts one, "
            "without --address the command starts its own"
        )
    return (
        f"--address {address}: no Ray answers there; `ray start --head` prints the address to "
        "give, its port is 6379 by default"
    )


@contextlib.contextmanager
def _own_signals() -> Iterator[None]:
    """Keep this process's handlers, and signals to its group from ending Ray before the runs."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP, signal.SIGTERM})
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
