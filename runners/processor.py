"""What a processor is good at: bfloat16 with instructions for it, and without them never."""

from __future__ import annotations

import os
import platform
import time
from functools import cache
from pathlib import Path

import torch

FLAGS = {"avx512_bf16", "amx_bf16", "avx_ne_convert", "bf16"}
"""What Linux calls the instructions, on x86 and on Arm."""

WITHOUT = ("SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX512_CORE", "AVX512_CORE_VNNI")
"""Values of ONEDNN_MAX_CPU_ISA that keep the library for convolutions from using them."""

SIZE = 256  # of the matrices of a probe, which takes milliseconds


def bf16_problem(device: str) -> str | None:
    """Say why training in bfloat16 would not pay on a device, or return None.

    Args:
        device: ``cpu`` or ``cuda``.
    """
    if device != "cpu":
        supported = torch.cuda.is_bf16_supported(including_emulation=False)
        return None if supported else "this GPU has no bfloat16 instructions"
    if _has_instructions():
        return None
    return (
        "this processor has no bfloat16 instructions: matrix products take "
        f"{_times_slower():.0f} times as long as in float32 (measured now)"
    )


@cache
def _has_instructions() -> bool:
    if os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper() in WITHOUT:
        return False
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux: Apple's processors have them since the M2
        return platform.machine() == "arm64" or _times_slower() < 1
    known = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return bool(FLAGS & set(known.partition(":")[2].split()))


@cache
def _times_slower() -> float:
    """Return how many times as long a matrix product takes in bfloat16 as in float32."""
    return _seconds(torch.bfloat16) / _seconds(torch.float32)


def _seconds(dtype: torch.dtype) -> float:
    matrix = torch.ones(SIZE, SIZE, dtype=dtype)
    taken = []
    for _ in range(3):
        clock = time.perf_counter()
        torch.mm(matrix, matrix)
        taken.append(time.perf_counter() - clock)
    return min(taken)
