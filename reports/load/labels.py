"""Short names of cells and methods: what tells them apart in this grid, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from reports.load.planned import Planned
from reports.load.settings import N_DIS, NAMED_SETTING, OPTIMISER, followers, is_of, varying

NAMED_BY_SETTING = (f"{OPTIMISER}.", N_DIS)


def cell_labels(
    runs: Mapping[str, Planned],
    axes: Sequence[str] | None = None,
    recipes: Sequence[str] = (),
) -> dict[str, str]:
    """Return a short label of each run's varying settings, '' where none vary.

    Optimiser and n_dis together are called by the name of their setting A-F where all have one.

    Args:
        runs: the planned runs by id.
        axes: the declared ones: what follows from them is left out of the labels.
        recipes: what methods set for themselves, which is part of the method.
    """
    varied = {i: _without(one, recipes) for i, one in varying(runs).items()}
    left_out = followers(varied, axes) if axes else set()
    told = {i: {k: v for k, v in one.items() if k not in left_out} for i, one in varied.items()}
    if all(run.setting for run in runs.values()):
        told = {run_id: named(one, runs[run_id]) for run_id, one in told.items()}
    return {run_id: label_of(one) for run_id, one in told.items()}


def method_names(runs: Mapping[str, Planned], recipes: Sequence[str] = ()) -> dict[str, str]:
    """Return each run's method, with its parameters and recipe only where variants compete."""
    variants = Counter(run.method for run in _one_per_label(runs))
    names = {
        run_id: run.method if variants[run.method] == 1 else run.method_label
        for run_id, run in runs.items()
    }
    own = _told_recipes(runs, recipes)
    return {i: f"{name} with {own[i]}" if own[i] else name for i, name in names.items()}


def _told_recipes(runs: Mapping[str, Planned], recipes: Sequence[str]) -> dict[str, str]:
    """Return of each run what tells its recipe from others of the same method, '' for nothing."""
    told: dict[str, str] = {}
    for label in {run.method_label for run in runs.values()} if recipes else ():
        mine = {i: run for i, run in runs.items() if run.method_label == label}
        varied = varying(mine)
        told |= {
            i: label_of({key: value for key, value in one.items() if is_of(key, recipes)})
            for i, one in varied.items()
        }
    return {i: told.get(i, "") for i in runs}


def _without(told: Mapping[str, Any], recipes: Sequence[str]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if not is_of(key, recipes)}


def tuned(runs: Mapping[str, Planned]) -> tuple[str, ...]:
    """Return the full labels of all methods with a parameter that is not their default.

    Methods whose defaults this process does not know are left out.
    """
    known = [run for run in _one_per_label(runs) if not run.unknown]
    return tuple(run.method_label for run in known if run.method_label != run.method)


def _one_per_label(runs: Mapping[str, Planned]) -> list[Planned]:
    return list({run.method_label: run for run in runs.values()}.values())


def named(told: dict[str, Any], run: Planned) -> dict[str, Any]:
    """Return settings with the name of the optimiser's in place of its fields, where these vary."""
    kept = {key: value for key, value in told.items() if not key.startswith(NAMED_BY_SETTING)}
    return kept if len(kept) == len(told) else {NAMED_SETTING: run.setting, **kept}


def label_of(told: Mapping[str, Any]) -> str:
    """Return settings as ``name=value``, by the last part of a name where no two share it."""
    short = {key: key.removesuffix(".name").rsplit(".", 1)[-1] for key in told}
    often = Counter(short.values())
    names = {key: name if often[name] == 1 else key for key, name in short.items()}
    present = {key: value for key, value in told.items() if value is not None}
    return ", ".join(f"{names[key]}={as_text(value)}" for key, value in present.items())


def as_text(value: Any) -> str:
    """Return a setting's value, a float without digits that say nothing."""
    return f"{value:g}" if isinstance(value, float) else str(value)
