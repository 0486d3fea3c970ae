"""Engines: where runs are executed. One line each in ENGINES, imported when it is chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runners.engines import slots
from runners.engines.resources import Resources, flag
from runners.errors import UserProblem

if TYPE_CHECKING:  # the server that workers are forked from imports this package in milliseconds
    from runners.engines.base import Engine
    from runners.options import Options


@dataclass(frozen=True)
class Entry:
    """An engine to choose.

    Args:
        summary: its line in ``bench list``.
        make: builds it.
        reads: names of the resources that it knows.
        check: refuses resources that it cannot give anywhere.
    """

    summary: str
    make: Callable[[Options, Resources], Engine]
    reads: frozenset[str]
    check: Callable[[Resources], None]

    def made(self, resources: Resources, options: Options) -> Engine:
        """Return the engine of these resources."""
        return self.make(options, resources)


def _local(options: Options, resources: Resources) -> Engine:
    from runners.engines.local import LocalEngine

    return LocalEngine(options, resources)


def _slurm(options: Options, resources: Resources) -> Engine:
    from runners.engines.slurm import SlurmEngine

    return SlurmEngine(options, resources)


def _check_slurm(resources: Resources) -> None:
    from runners.engines.slurm_calls import check

    check(resources)


def _ray(options: Options, resources: Resources) -> Engine:
    from runners.engines.ray_engine import RayEngine

    return RayEngine(options, resources)


def _check_ray(resources: Resources) -> None:
    from runners.engines import ray_cluster

    ray_cluster.check(resources)


ENGINES: dict[str, Entry] = {
    "local": Entry(
        "worker processes on this machine, one per core or GPU",
        _local,
        frozenset({"workers", "devices", "per_device"}),
        slots.check,
    ),
    "slurm": Entry(
        "tasks of SLURM jobs, each of which executes many runs",
        _slurm,
        frozenset({"workers", "cpus", "gpus", "time", "sbatch", "detach"}),
        _check_slurm,
    ),
    "ray": Entry(
        "actors on the nodes of a Ray cluster, or of one started here",
        _ray,
        frozenset({"workers", "cpus", "gpus", "address"}),
        _check_ray,
    ),
}


def chosen(name: str, resources: Resources | None = None) -> Entry:
    """Return the engine of this name.

    Args:
        name: its key in ENGINES.
        resources: that are asked of it.

    Raises:
        UserProblem: there is none, it does not know such resources, or it cannot give them.
    """
    if name not in ENGINES:
        raise UserProblem(f"--engine {name}: unknown; choices: {', '.join(ENGINES)}")
    entry, resources = ENGINES[name], resources or Resources()
    if unknown := sorted(resources.given() - entry.reads):
        known = (f"{flag(field)} is for {_readers(field)}" for field in unknown)
        raise UserProblem(f"--engine {name}: {'; '.join(known)}")
    entry.check(resources)
    return entry


def _readers(field: str) -> str:
    return " and ".join(f"--engine {name}" for name, e in ENGINES.items() if field in e.reads)
