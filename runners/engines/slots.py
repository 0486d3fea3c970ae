"""How many runs fit this machine at once."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence

from runners.engines.resources import Resources
from runners.errors import UserProblem

CPU, OWN_CHOICE = "cpu", Resources()
DEVICE = re.compile(r"cpu|cuda:\d+")
PER_CORE = 4
AT_LEAST = 16  # a machine of few cores may have several GPUs


def cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def most(count: int | None = None) -> int:
    """Return how many runs at once may be asked for; their memory is what ends first.

    Args:
        count: of cores of a machine; None for this one.
    """
    return max(AT_LEAST, PER_CORE * (cores() if count is None else count))


def check(resources: Resources) -> None:
    """Refuse what no machine like this has.

    Raises:
        UserProblem: which option, and what may be asked for.
    """
    if resources.workers and resources.per_device:
        raise UserProblem("--workers counts all runs at once, --per-device those of one; give one")
    if odd := [name for name in resources.devices if not DEVICE.fullmatch(name)]:
        raise UserProblem(f"--devices {odd[0]}: is no device; name cpu, or cuda:0,cuda:1 and so on")
    if len(set(resources.devices)) < len(resources.devices):
        raise UserProblem("--devices: one is named twice; --per-device puts several runs on each")
    if CPU in resources.devices and len(resources.devices) > 1:
        raise UserProblem("--devices: cpu and GPUs in one command would not be repeatable")
    asked = resources.workers or (resources.per_device or 0) * max(1, len(resources.devices))
    if asked > most():
        name = "--workers" if resources.workers else "--per-device"
        raise UserProblem(
            f"{name} {resources.workers or resources.per_device}: at most {most()} runs at once "
            "here, each takes about half a GiB; leave it out for one per core, or per GPU"
        )


def slots(devices: Sequence[str], resources: Resources = OWN_CHOICE) -> dict[str, int]:
    """Return how many runs each device takes at once.

    Args:
        devices: that are there: ``cpu`` alone, or ``cuda:0``, ``cuda:1`` and so on.
        resources: that are asked for; by default a run per core, or per GPU.

    Raises:
        UserProblem: a device that is asked for is not there.
    """
    used = resources.devices or tuple(devices)
    if absent := [name for name in used if name not in devices]:
        raise UserProblem(f"--devices {absent[0]}: there is {', '.join(devices)} here")
    if resources.per_device:
        return dict.fromkeys(used, resources.per_device)
    usual = cores() if list(used) == [CPU] else len(used)
    return dict(Counter(used[n % len(used)] for n in range(resources.workers or usual)))


def visible(device: str) -> str | None:
    """Return the CUDA_VISIBLE_DEVICES under which a GPU is the only one; None for the CPU."""
    if device == CPU:
        return None
    number = int(device.removeprefix("cuda:"))
    shown = os.environ.get("CUDA_VISIBLE_DEVICES")
    return shown.split(",")[number].strip() if shown else str(number)
