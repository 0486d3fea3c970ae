"""The most memory that was in use from some moment on, where the system can tell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import torch

PROCESS = Path("/proc/self")
RESET = "5"
"""Written to ``clear_refs``, it makes what is in use now the highest so far."""

PROCESS_MEMORY, GPU_MEMORY = "process", "gpu"

Peaks: TypeAlias = Mapping[str, int | None]
"""Bytes by what they are of: ``process`` or ``gpu``; None where it could not be told."""


class Memory:
    """Watches memory from here on: on a processor that of the process, on a GPU its tensors'.

    A worker process serves several runs, so its highest memory ever says nothing of one of them.

    Args:
        device: ``cpu``, or that of a GPU.
    """

    def __init__(self, device: str) -> None:
        self.of = PROCESS_MEMORY if device == "cpu" else GPU_MEMORY
        self.watched = _reset_process() if self.of == PROCESS_MEMORY else _reset_gpu()

    def peaks(self, earlier: Peaks) -> dict[str, int | None]:
        """Return the highest so far, also of earlier attempts.

        Args:
            earlier: what was highest in these.
        """
        now = self._now() if self.watched else None
        before = earlier.get(self.of, 0)
        known = None if now is None or before is None else max(now, before)
        return {**earlier, self.of: known}

    def _now(self) -> int | None:
        if self.of == GPU_MEMORY:
            return torch.cuda.max_memory_allocated()
        lines = (PROCESS / "status").read_text().splitlines()
        found = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
        return next((1024 * int(kib) for kib in found), None)


def only(peaks: Peaks) -> int | None:
    """Return the one number of bytes, None where there is none or attempts differ in kind."""
    values = list(peaks.values())
    return values[0] if len(values) == 1 else None


def _reset_process() -> bool:
    try:
        (PROCESS / "clear_refs").write_text(RESET)
    except OSError:  # another system, or one that does not let it
        return False
    return True


def _reset_gpu() -> bool:
    torch.cuda.reset_peak_memory_stats()
    return True
