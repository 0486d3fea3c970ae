"""Settings: what decides a run's numbers besides its method and seed, as one level of names.

Runs that agree in all of them are of one cell and can be compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reports.load.planned import Planned
from runners.identity import written

NO_SETTINGS = ("method", "seed", "force", "plugins")
"""What runs of one cell may differ in. ``force`` permits a run and changes none of its numbers,
and ``plugins`` says where components come from."""

OPTIMISER, N_DIS, NAMED_SETTING = "optimizer", "n_dis", "setting"
Flat = Mapping[str, Any]
"""Dotted names to plain values."""


def flatten(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as one level of dotted keys; lists, and None, become text.

    A component's name stands before its parameters.
    """
    flat: dict[str, Any] = {}
    for key, value in sorted(data.items(), key=lambda item: item[0] != "name"):
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = _listed(value or []) if isinstance(value, list | None) else value
    return flat


def _listed(values: list[Any]) -> str:
    return " + ".join(map(component_text, values)) or "none"


def component_text(value: Any) -> str:
    """Return an entry of a spec; a component as its name and settings."""
    if not isinstance(value, Mapping) or "name" not in value:
        return str(value)
    parameters = {key: setting for key, setting in value.items() if key != "name"}
    return written(str(value["name"]), parameters)


def settings(run: Planned) -> dict[str, Any]:
    """Return all settings of a run."""
    return flatten({key: value for key, value in run.spec.items() if key not in NO_SETTINGS})


def varying(runs: Mapping[str, Planned]) -> dict[str, dict[str, Any]]:
    """Return for each run id the settings that are not the same in all runs, in spec order."""
    flat = {run_id: settings(run) for run_id, run in runs.items()}
    keys = dict.fromkeys(key for one in flat.values() for key in one)
    axes = [key for key in keys if len({json.dumps(one.get(key)) for one in flat.values()}) > 1]
    return {run_id: {key: one.get(key) for key in axes} for run_id, one in flat.items()}


def shared(runs: Mapping[str, Planned]) -> dict[str, Any]:
    """Return the settings that are the same in all runs."""
    if not runs:
        return {}
    axes = next(iter(varying(runs).values()))
    first = settings(next(iter(runs.values())))
    return {key: value for key, value in first.items() if key not in axes}


def is_of(field: str, axes: Iterable[str]) -> bool:
    """Whether a field is one of the axes, or part of one; a named setting is three fields."""
    parts = {part for axis in axes for part in _parts(axis)}
    return any(field == part or field.startswith(f"{part}.") for part in parts)


def _parts(axis: str) -> tuple[str, ...]:
    return (OPTIMISER, N_DIS) if axis == NAMED_SETTING else (axis,)


def followers(flat: Mapping[str, Flat], axes: Sequence[str]) -> set[str]:
    """Return the fields that follow from the axes: where these agree, so do they.

    A data set brings its extractor along, for example, which is no change of its own.

    Args:
        flat: the fields of each run, by run id.
        axes: dotted names of the swept fields.
    """
    keys = dict.fromkeys(key for one in flat.values() for key in one)
    groups: dict[str, list[Flat]] = {}
    for one in flat.values():
        place = json.dumps({key: one.get(key) for key in keys if is_of(key, axes)})
        groups.setdefault(place, []).append(one)
    return {
        key
        for key in keys
        if not is_of(key, axes)
        and all(len({json.dumps(one.get(key)) for one in mine}) == 1 for mine in groups.values())
    }
