"""Cells: groups of runs that differ only in method and seed, so that they can be compared."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runners.spec import RunSpec

NOT_AXES = ("method", "seed", "force")  # force permits a run and changes none of its numbers
SETTING_KEYS = ("optimizer.", "n_dis")


def flatten(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as one level of dotted keys; lists become comma-joined text."""
    flat: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = ", ".join(map(str, value)) if isinstance(value, list) else value
    return flat


def settings(spec: RunSpec) -> dict[str, Any]:
    """Return everything that decides a run but its method and seed, flattened."""
    return flatten({key: value for key, value in spec.as_dict.items() if key not in NOT_AXES})


def varying(specs: Mapping[str, RunSpec]) -> dict[str, dict[str, Any]]:
    """Return for each run id the settings that are not the same in all runs, in spec order."""
    flat = {run_id: settings(spec) for run_id, spec in specs.items()}
    keys = dict.fromkeys(key for one in flat.values() for key in one)
    axes = [key for key in keys if len({json.dumps(one.get(key)) for one in flat.values()}) > 1]
    return {run_id: {key: one.get(key) for key in axes} for run_id, one in flat.items()}


def shared(specs: Mapping[str, RunSpec]) -> dict[str, Any]:
    """Return the settings that are the same in all runs."""
    if not specs:
        return {}
    axes = next(iter(varying(specs).values()))
    first = settings(next(iter(specs.values())))
    return {key: value for key, value in first.items() if key not in axes}


def labels(specs: Mapping[str, RunSpec]) -> dict[str, str]:
    """Return a short label of each run's varying settings, '' where none vary.

    Optimiser and n_dis together are called by the name of their setting A-F where all have one.
    """
    axes = varying(specs)
    if all(spec.setting for spec in specs.values()):
        axes = {run_id: _named(one, specs[run_id]) for run_id, one in axes.items()}
    return {run_id: _label(one) for run_id, one in axes.items()}


def method_names(specs: Mapping[str, RunSpec]) -> dict[str, str]:
    """Return each run's method, with its parameters only where variants of it compete."""
    variants = Counter(spec.method.name for spec in _one_a_label(specs))
    return {
        run_id: spec.method.name if variants[spec.method.name] == 1 else spec.method_label
        for run_id, spec in specs.items()
    }


def tuned(specs: Mapping[str, RunSpec]) -> tuple[str, ...]:
    """Return the full labels of all methods with a parameter that is not their default."""
    shown = _one_a_label(specs)
    return tuple(spec.method_label for spec in shown if spec.method_label != spec.method.name)


def _one_a_label(specs: Mapping[str, RunSpec]) -> list[RunSpec]:
    return list({spec.method_label: spec for spec in specs.values()}.values())


def _named(axes: dict[str, Any], spec: RunSpec) -> dict[str, Any]:
    kept = {key: value for key, value in axes.items() if not key.startswith(SETTING_KEYS)}
    return kept if len(kept) == len(axes) else {"setting": spec.setting, **kept}


def _label(axes: dict[str, Any]) -> str:
    short = {key: key.removesuffix(".name").rsplit(".", 1)[-1] for key in axes}
    often = Counter(short.values())
    names = {key: name if often[name] == 1 else key for key, name in short.items()}
    present = {key: value for key, value in axes.items() if value is not None}
    return ", ".join(f"{names[key]}={_text(value)}" for key, value in present.items())


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


THE_METHOD, THE_SEED, AN_AXIS, PERMITS = "the method", "the seed", "an axis", "changes no number"
UNDECLARED = "UNDECLARED"


@dataclass(frozen=True)
class Difference:
    """A field of the specs that takes more than one value.

    Args:
        field: its dotted path.
        role: why it may differ, or UNDECLARED.
        values: for each method the values it has there, in the plan's order.
    """

    field: str
    role: str
    values: dict[str, tuple[str, ...]]


def differences(specs: Mapping[str, RunSpec]) -> tuple[Difference, ...]:
    """Return every field of the resolved specs that is not the same in all runs.

    A field other than the method's own and the seed is an axis where every method has each of
    its values with each seed. Otherwise it changes along with the method or the seed, and what
    it does cannot be told from what they do: it is UNDECLARED.
    """
    flat = {run_id: flatten(spec.as_dict) for run_id, spec in specs.items()}
    names = method_names(specs)
    fields = dict.fromkeys(field for one in flat.values() for field in one)
    taken = {field: {i: _value(one, field) for i, one in flat.items()} for field in fields}
    return tuple(
        Difference(field, _role(field, values, specs), _by_method(values, names))
        for field, values in taken.items()
        if len(set(values.values())) > 1
    )


def _value(flat: Mapping[str, Any], field: str) -> str:
    return _text(flat[field]) if field in flat else "–"


def _by_method(values: Mapping[str, str], names: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, dict[str, None]] = {}
    for run_id, value in values.items():
        found.setdefault(names[run_id], {})[value] = None
    return {method: tuple(mine) for method, mine in found.items()}


def _role(field: str, values: Mapping[str, str], specs: Mapping[str, RunSpec]) -> str:
    if field.startswith("method."):
        return THE_METHOD
    if field in ("seed", "force"):
        return THE_SEED if field == "seed" else PERMITS
    found: dict[tuple[str, int], set[str]] = {}
    for run_id, value in values.items():
        key = specs[run_id].method_label, specs[run_id].seed
        found.setdefault(key, set()).add(value)
    return AN_AXIS if len(set(map(frozenset, found.values()))) == 1 else UNDECLARED
