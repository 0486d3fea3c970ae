"""The paces that gave runs of a budget their steps, as far as these runs are planned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reports.load.planned import Planned
from runners.errors import StoreProblem
from runners.store import calibration
from runners.store.calibration import Measured

DAMAGED = (
    f"{calibration.NAME} is damaged, so on what the runs got their steps is not shown; their "
    "results are not touched by that."
)


def calibrated(folder: Path, runs: Iterable[Planned]) -> tuple[dict[str, Measured], list[str]]:
    """Return the paces of planned kinds of runs by key, and a note where they cannot be read.

    Args:
        folder: of a grid of a budget.
        runs: the planned ones.
    """
    try:
        known = calibration.read(folder)
    except StoreProblem:
        return {}, [DAMAGED]
    used = {_key(run.spec, known.values()) for run in runs}
    return {key: one for key, one in known.items() if key in used}, []


def _key(spec: Mapping[str, Any], known: Iterable[Measured]) -> str:
    """Return the key of a run's kind, '' where it is not known.

    A kind leaves defaults out, so a run is also what a plainer kind says: the longest is its own.
    """
    keys = (one.key for one in known if _says(spec, one.of))
    return max(keys, key=len, default="")


def _says(spec: Any, of: Any) -> bool:
    """Whether a spec says what a kind does; of an average of weights that is only that it is."""
    if isinstance(of, Mapping):
        return isinstance(spec, Mapping) and all(_says(spec.get(k), v) for k, v in of.items())
    if isinstance(of, list):
        same = isinstance(spec, list) and len(spec) == len(of)
        return same and all(map(_says, spec, of))
    return spec == of or (of is True and bool(spec))
