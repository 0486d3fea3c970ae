"""The machine, its matrix-product peak, and the share of it that training reaches."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

import torch
from sizes import SIZES, spec
from statistic import Sample

from runners.engines.slots import cores
from runners.flops import step_flops
from runners.processor import bf16_problem

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
PACKAGES = ("torch", "torch-fidelity", "numpy")


def describe() -> dict[str, str]:
    """Return processor, cores and versions."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": str(cores()),
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


@cache
def precisions() -> tuple[str, ...]:
    """Return what is measured: bf16 only where the processor has instructions for it.

    Without them matrix products take a hundred times as long, and measuring would not end.
    """
    torch.set_num_threads(1)
    problem = bf16_problem("cpu")
    if problem is None:
        return tuple(DTYPES)
    print(f"bf16 is left out: {problem}", flush=True)
    return ("fp32",)


def peak(repetitions: int = 20, size: int = 1024) -> Iterator[tuple[str, Sample]]:
    """Yield GFLOP/s of one thread on square matrix products."""
    torch.set_num_threads(1)
    for name in precisions():
        rates = _rates(DTYPES[name], repetitions, size)
        yield f"peak/{name}", Sample(rates, "GFLOP/s", higher_is_better=True)


def _rates(dtype: torch.dtype, repetitions: int, size: int) -> list[float]:
    a = torch.randn(size, size).to(dtype)
    rates = []
    for _ in range(repetitions + 1):
        clock = time.perf_counter()
        for _ in range(5):
            torch.mm(a, a)
        rates.append(5 * 2 * size**3 / (time.perf_counter() - clock) / 1e9)
    return rates[1:]


def work(sizes: Sequence[str], data: Path) -> Iterator[tuple[str, Sample]]:
    """Yield GFLOP of the convolutions and products in one unconstrained step."""
    for size in sizes:
        flops = step_flops(spec(SIZES[size], data))
        yield f"work/{size}", Sample([flops / 1e9], "GFLOP")
