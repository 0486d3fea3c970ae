"""What runs are given where they are executed, as the command line says it for every engine."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Resources:
    """What an engine may use; what is left out is the engine's own choice.

    Args:
        workers: runs at once; of a batch system, jobs.
        devices: ``cpu``, or GPUs of this machine, as ``cuda:0``.
        per_device: runs at once on each of them.
        cpus: cores of a run; of a batch system, of a job, which executes a run on each.
        gpus: GPUs of a run, or share of one; of a batch system, GPUs of a job.
        address: of a cluster's head, as ``auto`` or ``host:6379``.
        time: limit of a batch job, as ``2:00:00``.
        sbatch: options of sbatch, or files of ``#SBATCH`` lines.
        detach: whether to leave once everything is submitted.
    """

    workers: int | None = None
    devices: tuple[str, ...] = ()
    per_device: int | None = None
    cpus: float | None = None
    gpus: float | None = None
    address: str | None = None
    time: str | None = None
    sbatch: tuple[str, ...] = ()
    detach: bool = False

    def given(self) -> set[str]:
        """Return the names of what was not left out."""
        return {f.name for f in fields(self) if getattr(self, f.name) != f.default}


def flag(name: str) -> str:
    """Return what a field is called on the command line."""
    return f"--{name.replace('_', '-')}"
