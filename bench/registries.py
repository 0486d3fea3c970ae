"""`bench list`: what there is to choose from, one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from bench import built_in
from runners.augmentations import AUGMENTATIONS
from runners.datasets import DATASETS
from runners.engines import ENGINES
from runners.errors import UserProblem
from runners.lipschitz import METHODS
from runners.losses import LOSSES
from runners.metrics import METRICS
from runners.models import MODELS
from runners.optim import OPTIMIZERS
from runners.schedules import SCHEDULES
from runners.stabilisers import STABILISERS

if TYPE_CHECKING:
    from bench.grid import Grid
    from runners.spec import RunSpec

Lines = dict[str, str]


def _summaries(registry: dict[str, Any]) -> Lines:
    return {name: entry.summary for name, entry in registry.items()}


def _grids() -> Lines:
    from bench import grid

    return {name: _said(grid.load(built_in.FOLDER / name)) for name in built_in.names()}


def _said(grid: Grid) -> str:
    """Return a grid's description, what it needs, and how long it takes."""
    specs = (*grid.specs, *(grid.tuning.specs if grid.tuning else ()))
    takes = f"{duration(grid.minutes)} on two cores" if grid.minutes else ""
    runs = f"{len(specs):,} runs"
    if grid.tuning:
        runs += " and those that confirm winners"
    return "; ".join(filter(None, [grid.description, _needs(specs), runs, takes]))


def _needs(specs: Iterable[RunSpec]) -> str:
    """Return what runs load from elsewhere if it is not there yet."""
    specs = list(specs)
    sets = dict.fromkeys(spec.dataset.name for spec in specs if spec.dataset.files)
    weights = any(spec.evaluation.extractor.startswith("inception") for spec in specs)
    loaded = [*sets, *(["Inception's weights"] if weights else [])]
    return f"needs {' and '.join(loaded)}" if loaded else "needs no download"


def duration(minutes: float) -> str:
    """Return about so many minutes in the unit that suits them."""
    for unit, length in (("days", 1440), ("h", 60)):
        if minutes >= 2 * length:
            return f"about {minutes / length:.0f} {unit}"
    return f"about {max(1, minutes):.0f} min"


KINDS: dict[str, Callable[[], Lines]] = {
    "methods": lambda: _summaries(METHODS),
    "losses": lambda: _summaries(LOSSES),
    "models": lambda: _summaries(MODELS),
    "optimizers": lambda: _summaries(OPTIMIZERS),
    "schedules": lambda: _summaries(SCHEDULES),
    "stabilisers": lambda: _summaries(STABILISERS),
    "augmentations": lambda: _summaries(AUGMENTATIONS),
    "datasets": lambda: _summaries(DATASETS),
    "metrics": lambda: _summaries(METRICS),
    "engines": lambda: _summaries(ENGINES),
    "grids": _grids,
}


def listing(kind: str | None) -> str:
    """Return the lines of one kind, or of all.

    Raises:
        UserProblem: there is no such kind.
    """
    if kind is not None and kind not in KINDS:
        raise UserProblem(f"bench list {kind}: unknown; choices: {', '.join(KINDS)}")
    kinds = [kind] if kind else list(KINDS)
    return "\n".join(line for one in kinds for line in _section(one, heading=kind is None))


def _section(kind: str, heading: bool) -> list[str]:
    entries = KINDS[kind]()
    width = max(map(len, entries)) + 2
    lines = [f"{'  ' if heading else ''}{name:<{width}}{text}" for name, text in entries.items()]
    return [f"{kind}:", *lines] if heading else lines
