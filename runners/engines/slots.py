"""How many runs fit this machine at once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

CPU = "cpu"
PER_CORE = 4
AT_LEAST = 16  # a machine of few cores may have several GPUs


def cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def most() -> int:
    """Return how many runs at once may be asked for; their memory is what ends first."""
    return max(AT_LEAST, PER_CORE * cores())


def slots(devices: Sequence[str], workers: int | None) -> dict[str, int]:
    """Return how many runs each device takes at once.

    Args:
        devices: ``cpu`` alone, or ``cuda:0``, ``cuda:1`` and so on.
        workers: runs at once on all of them; None for one per core, or one per GPU.
    """
    usual = cores() if list(devices) == [CPU] else len(devices)
    return dict(Counter(devices[n % len(devices)] for n in range(workers or usual)))


def visible(device: str) -> str | None:
    """Return the CUDA_VISIBLE_DEVICES under which a GPU is the only one; None for the CPU."""
    if device == CPU:
        return None
    number = int(device.removeprefix("cuda:"))
    shown = os.environ.get("CUDA_VISIBLE_DEVICES")
    return shown.split(",")[number].strip() if shown else str(number)
