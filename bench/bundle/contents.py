"""What a bundle says that it holds, and what a plan shows by itself about runs it lacks."""

from __future__ import annotations

import json
import platform
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bench import united
from bench.bundle.archive import FIRST
from runners.errors import StoreProblem
from runners.files import read_bytes, read_json
from runners.spec import from_stored, under_seed
from runners.store.grid import RUN_ID, GridStore
from runners.store.proof import ran_on
from runners.store.seal import part
from runners.store.states import ENDED

FORMAT = 1
LIBRARIES = ("lipschitz-bench", "torch", "numpy", "pandas", "scipy", "matplotlib")
"""Whose versions the numbers of a report depend on."""

LARGEST = 2**63
"""Bytes that no file has."""

Manifest = dict[str, Any]


def _texts(value: object) -> bool:
    found = list(value.values()) if isinstance(value, dict) else value
    return isinstance(found, list) and all(isinstance(text, str) for text in found)


def _hashed(value: object) -> bool:
    parts = value.values() if isinstance(value, dict) else [None]
    sizes = [one.get("bytes") if isinstance(one, dict) else None for one in parts]
    return all(type(size) is int and 0 <= size < LARGEST for size in sizes)


def _states(value: object) -> bool:
    if not isinstance(value, dict) or not _texts(value):
        return False
    return all(re.fullmatch(RUN_ID, run_id) for run_id in value)


SOUND: Mapping[str, Callable[[object], bool]] = {
    "grid": lambda value: isinstance(value, str),
    "runs": _states,
    "uneven": lambda value: isinstance(value, list) and _texts(value),
    "made_with": lambda value: isinstance(value, dict) and _texts(value),
    "files": _hashed,
}
"""What of a manifest is read, and whether it is of its type."""


def manifest(grid: GridStore, files: Iterable[str]) -> Manifest:
    """Return what a bundle says of itself.

    Args:
        grid: the folder that holds all of its files.
        files: their names, but for that of the manifest.
    """
    plan = grid.plan()
    return {
        "bundle": FORMAT,
        "grid": plan["name"],
        "runs": states(grid, plan),
        "uneven": list(uneven(plan)),
        "ran_on": _machines(grid, plan),
        "made_with": versions(),
        "files": {name: part(read_bytes(grid.folder / name)) for name in files},
    }


def read(folder: Path) -> Manifest:
    """Return the manifest of an unpacked bundle.

    Raises:
        StoreProblem: it is damaged, or of a later version.
    """
    said = read_json(folder / FIRST)
    if said.get("bundle") != FORMAT:
        raise StoreProblem(f"{FIRST}: is of format {said.get('bundle')!r:.40}, not {FORMAT}")
    odd = [key for key, sound in SOUND.items() if not sound(said.get(key))]
    if odd:
        raise StoreProblem(f"{FIRST}: {', '.join(odd)} missing, or of the wrong type")
    return said


def states(grid: GridStore, plan: Mapping[str, Any]) -> dict[str, str]:
    """Return the state of every run that a plan names, trials included."""
    return {run_id: str(grid.run(run_id).status().state) for run_id in united.planned(plan)}


def ended(said: Manifest) -> list[str]:
    """Return the planned runs that ended, sorted: those that can be made again."""
    return sorted(run_id for run_id, state in said["runs"].items() if state in ENDED)


def versions() -> dict[str, str]:
    """Return the versions of what makes a report here."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def uneven(plan: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for every seed that some settings of a plan have and others lack.

    A plan is all methods and settings times all seeds, so a run that was taken out leaves a gap.
    """
    seeds: dict[str, dict[Any, Any]] = {}
    for spec in plan["runs"].values():
        seeds.setdefault(alike(spec), {})[spec.get("seed")] = spec
    every = list(dict.fromkeys(seed for mine in seeds.values() for seed in mine))
    for mine in seeds.values():
        sibling = next(iter(mine.values()))
        for seed in every:
            if seed not in mine:
                yield f"{_absent(sibling, seed)}: not in the plan, where others have seed {seed}"


def alike(spec: Mapping[str, Any]) -> str:
    """Return what the runs of a spec have in common whatever their seed."""
    return json.dumps({key: value for key, value in spec.items() if key != "seed"}, sort_keys=True)


def _absent(sibling: Mapping[str, Any], seed: Any) -> str:
    """Return the id of a run that is not there, in words where a plugin would have to tell it."""
    try:
        return under_seed(from_stored(sibling), seed).run_id
    except (ValidationError, ValueError, TypeError):
        return f"{json.dumps(sibling.get('method'))[:200]} with seed {seed}"


def _machines(grid: GridStore, plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what the runs ran on, each environment once, without the names of hosts."""
    ran = (ran_on(grid.run(run_id).proof()) for run_id in united.planned(plan))
    kinds = Counter(tuple((k, v) for k, v in one.items() if k != "host") for one in ran)
    return [{**dict(kind), "runs": count} for kind, count in kinds.items()]
