"""What a run runs on: what its bytes depend on besides its spec, and what tells machines apart."""

from __future__ import annotations

import platform
from functools import cache
from importlib import metadata
from pathlib import Path

import torch

from runners.models import kernels
from runners.store.proof import BEFORE

CPUINFO = Path("/proc/cpuinfo")
DISTRIBUTIONS = {
    "numpy": "numpy",
    "torch_fidelity": "torch-fidelity",
    "suite": "lipschitz-bench",
}
"""Libraries whose version is no attribute at hand, and the names they are installed under."""


def wait_for(device: str) -> None:
    """Wait until a device has done all that it was given.

    Args:
        device: ``cpu``, which works while it is given, or that of a GPU, which works on later.
    """
    if device != "cpu":
        torch.cuda.synchronize()


def environment(device: str) -> dict[str, str]:
    """Return what bitwise repetition of a run depends on besides its spec, and where it ran.

    The same spec gives the same bytes on processors of one instruction set; on another,
    rounding differs, and chaotic training carries that into every number.

    Args:
        device: ``cpu``, or that of a GPU.

    Returns:
        The keys of :data:`runners.store.proof.ENVIRONMENT`; none is part of any hash.
    """
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "device": device if device == "cpu" else torch.cuda.get_device_name(),
        "processor": platform.machine(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "kernels": kernels.described(device) or BEFORE["kernels"],
        "threads": str(torch.get_num_threads()),
        **_of_this_process(),
    }


@cache
def _of_this_process() -> dict[str, str]:
    versions = {key: _version(name) for key, name in DISTRIBUTIONS.items()}
    return {"cpu": model_name(), "host": platform.node() or "unnamed", **versions}


def model_name() -> str:
    """Return the processor's name, as far as the system tells it."""
    try:
        lines = CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not installed"
