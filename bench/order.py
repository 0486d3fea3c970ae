"""In what order runs are started: no core should wait long for the last one.

The methods of a seed stay together, so that a grid cut off anywhere compares all of them. Seeds
of costlier cells come first, and of a seed the costliest run, so that what is left at the end is
short.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from bench.cost import stored_paces
from runners.kinds import kind
from runners.lipschitz.penalty import Penalty
from runners.spec import RunSpec

PENALTY = 1.5  # what a discriminator update with a gradient of a gradient costs of one without


def ordered(specs: Sequence[RunSpec], runs: Path) -> list[RunSpec]:
    """Return runs in the order in which they should be started.

    Args:
        specs: in the order of the plan.
        runs: the folder of the grid's runs; paces of those that ended are this machine's own.
    """
    costs = _costs(specs, runs)

    def cost(spec: RunSpec) -> float:
        return costs[spec.run_id]

    seeds = [sorted(runs, key=cost, reverse=True) for runs in _seeds(specs)]
    seeds.sort(key=lambda runs: sum(map(cost, runs)), reverse=True)
    return [spec for runs in seeds for spec in runs]


def _seeds(specs: Sequence[RunSpec]) -> Iterator[list[RunSpec]]:
    """Yield the runs that differ in their method alone, as they stand together in a plan."""
    runs: list[RunSpec] = []
    for spec in specs:
        methods = {run.method for run in runs}
        if runs and (spec.seed != runs[0].seed or spec.method in methods):
            yield runs
            runs = []
        runs.append(spec)
    yield runs


def _costs(specs: Sequence[RunSpec], runs: Path) -> dict[str, float]:
    """Return the seconds of every run, by its id; of kinds without a pace, by their size."""
    kinds = {spec.run_id: kind(spec.as_dict) for spec in specs}
    paces = stored_paces(runs.glob("*"), kinds.values())
    sizes = {spec.run_id: _size(spec) for spec in specs}
    known = {
        spec.run_id: paces[which].seconds(spec)
        for spec in specs
        if (which := kinds[spec.run_id]) in paces
    }
    unit = median(known[run] / sizes[run] for run in known) if known else 1.0
    return {run: known.get(run, size * unit) for run, size in sizes.items()}


def _size(spec: RunSpec) -> float:
    """Return what training grows with, roughly; networks of one shape differ by it alone."""
    updates = spec.n_dis * (PENALTY if _differentiates_twice(spec) else 1.0) + 1
    pixels = float(spec.dataset.shape[-1] ** 2)
    width = getattr(spec.model, "width", 1)
    return spec.steps * updates * spec.batch_size * pixels * width**2


def _differentiates_twice(spec: RunSpec) -> bool:
    return isinstance(spec.method, Penalty) or spec.method.per_sample_gradient
