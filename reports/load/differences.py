"""The audit of a comparison: every field in which its runs differ, and whether it may differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.load.labels import as_text, method_names
from reports.load.planned import Planned, plugin_files
from reports.load.settings import flatten, followers, is_of
from reports.load.tuning import Tuning

THE_METHOD, THE_SEED, AN_AXIS, PERMITS = "the method", "the seed", "an axis", "changes no number"
ORIGIN = "where components come from"
CHOSEN = "what tuning chose"
RECIPE = "the method's recipe"
BUDGETED = "what the budget of seconds allows"
UNDECLARED = "UNDECLARED"

Taken = Mapping[str, str]
"""Run ids to the value of one field, as text."""


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


def differences(
    runs: Mapping[str, Planned],
    axes: Sequence[str] | None = None,
    tuning: Tuning | None = None,
    recipes: Sequence[str] = (),
    budgeted: Sequence[str] = (),
) -> tuple[Difference, ...]:
    """Return every field of the resolved specs that is not the same in all runs.

    A field other than the method's own and the seed is an axis where every method has each of
    its values with each seed, and where the plan declares axes, only if it is one of them or
    follows from them. Otherwise it changes along with the method or the seed, and what it does
    cannot be told from what they do: it is UNDECLARED. What a tuned grid searched, and what a
    recipe sets or a budget gave, may differ by method.

    Args:
        runs: the planned runs by id.
        axes: the declared ones; None where the plan does not say.
        tuning: of a tuned grid.
        recipes: what methods set for themselves.
        budgeted: what a budget of seconds gave each method.
    """
    flat = {run_id: flatten(run.spec) for run_id, run in runs.items()}
    searched, names = _named(runs, tuning, recipes)
    fields = dict.fromkeys(field for one in flat.values() for field in one)
    taken = {field: {i: _value(one, field) for i, one in flat.items()} for field in fields}
    varied = {field: values for field, values in taken.items() if len(set(values.values())) > 1}
    swept = _swept(flat, varied, axes)
    return tuple(
        Difference(
            field,
            BUDGETED
            if field in budgeted
            else _given_role(field, searched, recipes) or _role(field, values, runs, swept),
            _by_method(values, names),
        )
        for field, values in varied.items()
    )


def _given_role(field: str, searched: Sequence[str], recipes: Sequence[str]) -> str | None:
    if is_of(field, searched):
        return CHOSEN
    return RECIPE if is_of(field, recipes) else None


def _named(
    runs: Mapping[str, Planned], tuning: Tuning | None, recipes: Sequence[str]
) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """Return the searched fields, and the method's name of each run."""
    if tuning is None:
        return (), method_names(runs, recipes)
    return tuning.searched, {row: method for row, (_, method) in tuning.places.items()}


def _value(flat: Mapping[str, Any], field: str) -> str:
    return as_text(flat[field]) if field in flat else "–"


def _by_method(values: Taken, names: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for run_id, value in values.items():
        found.setdefault(names[run_id], {})[value] = None
    return {method: tuple(mine) for method, mine in found.items()}


def _swept(
    flat: Mapping[str, Mapping[str, Any]],
    varied: Mapping[str, Taken],
    axes: Sequence[str] | None,
) -> set[str]:
    """Return the fields that may be axes: all of them where the plan declares none."""
    if axes is None:
        return set(varied)
    return {field for field in varied if is_of(field, axes)} | followers(flat, axes)


def _role(field: str, values: Taken, runs: Mapping[str, Planned], swept: set[str]) -> str:
    if field.startswith("method."):
        return THE_METHOD
    if field in ("seed", "force"):
        return THE_SEED if field == "seed" else PERMITS
    if field == "plugins":
        return ORIGIN if _one_hash_per_file(runs) else UNDECLARED
    return AN_AXIS if field in swept and _run_in_full(values, runs) else UNDECLARED


def _one_hash_per_file(runs: Mapping[str, Planned]) -> bool:
    files = [file for file, _ in plugin_files(runs.values())]
    return len(files) == len(set(files))


def _run_in_full(values: Taken, runs: Mapping[str, Planned]) -> bool:
    """Whether every method has each of the values with each seed."""
    found: dict[tuple[str, int], set[str]] = {}
    for run_id, value in values.items():
        key = runs[run_id].method_label, runs[run_id].seed
        found.setdefault(key, set()).add(value)
    return len(set(map(frozenset, found.values()))) == 1
