"""How fast kinds of runs are, as a grid with a budget in seconds was calibrated once.

results/<grid>/calibration.json   kinds of runs with the seconds of a step, and where they were
measured; entries are added and never change, so that the runs of a grid keep their steps
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from runners.errors import StoreProblem
from runners.files import read_json, require_own, write_json

NAME = "calibration.json"
FORMAT = 1


@dataclass(frozen=True)
class Measured:
    """The pace of a kind of runs.

    Args:
        of: what of a spec decides it, as plain data.
        seconds_per_step: of training alone, one run at a time.
        steps: that were timed.
        date: when.
        machine: what it was measured on: the keys of a run's proof that say so.
    """

    of: Mapping[str, Any] = field(repr=False)
    seconds_per_step: float
    steps: int
    date: str
    machine: Mapping[str, str]

    @property
    def key(self) -> str:
        """What no two entries share."""
        return key(self.of)


def key(of: Mapping[str, Any]) -> str:
    """Return what of a spec decides its pace as text that is the same for the same data."""
    return json.dumps(of, sort_keys=True)


def file(folder: Path) -> Path:
    """Return the place of a grid's calibration."""
    return folder / NAME


def read(folder: Path) -> dict[str, Measured]:
    """Return the calibration of a grid's folder by key, {} where there is none.

    Raises:
        StoreProblem: it is damaged, or a later version's.
    """
    path = file(folder)
    require_own(path)
    if not path.exists():
        return {}
    data = read_json(path)
    kinds = data.get("kinds")
    if data.get("calibration") != FORMAT or not isinstance(kinds, list):
        raise StoreProblem(f"{path}: is no calibration of format {FORMAT}")
    found = [_entry(one, f"{path}: kind {place}") for place, one in enumerate(kinds, 1)]
    return {one.key: one for one in found}


def _entry(data: object, where: str) -> Measured:
    try:
        found = Measured(**data)  # pyright: ignore
        sound = isinstance(found.of, dict) and isinstance(found.machine, dict)
        sound = sound and type(found.steps) is int and isinstance(found.date, str)
        if sound and 0 < found.seconds_per_step < float("inf"):
            return found
    except TypeError:
        pass
    raise StoreProblem(f"{where} is damaged; only a copy of the file brings its steps back")


def write(folder: Path, entries: Iterable[Measured]) -> None:
    """Write the calibration of a grid's folder, in one piece."""
    folder.mkdir(parents=True, exist_ok=True)
    require_own(file(folder))
    write_json(file(folder), {"calibration": FORMAT, "kinds": list(map(asdict, entries))})


def united(folders: Iterable[Path]) -> list[Measured]:
    """Return the entries of several folders, each once.

    Raises:
        StoreProblem: two of them know another pace of the same kind.
    """
    found: dict[str, tuple[Path, Measured]] = {}
    for folder in folders:
        for which, one in read(folder).items():
            where, other = found.setdefault(which, (folder, one))
            if one != other:
                raise StoreProblem(
                    f"{file(folder)} and {file(where)}: know another pace of the same kind of "
                    f"runs ({one.seconds_per_step:.4g} and {other.seconds_per_step:.4g} s a step): "
                    "these grids were calibrated apart, so their runs have other steps"
                )
    return [one for _, one in found.values()]
