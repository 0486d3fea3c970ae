"""The plans of several results folders as one: parts of a plan, or other runs of its grid."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from runners import identity
from runners.errors import StoreProblem, UserProblem
from runners.spec import from_stored
from runners.store import imported
from runners.store.grid import GridStore, seconds_of
from runners.store.run import RunStore
from runners.tuning.plan import from_json

ALIKE = ("name", "description", "axes", "recipes", "budget")
"""What all plans must say alike, besides tuning."""

CHOSEN = ("winners", "cells")
"""What a tuning section lacks until every trial has ended."""

Plan = dict[str, Any]


def united(grids: Sequence[GridStore]) -> Plan:
    """Return the plan of all runs that several results folders plan, in the order of the folders.

    Runs of earlier versions, which drew other random numbers, are no part of it.

    Raises:
        StoreProblem: a plan is damaged.
        UserProblem: the plans are not of one grid; every difference is named.
    """
    plans = [(grid, checked(grid)) for grid in grids]
    (first, plan), *others = plans
    found = [line for other in others for line in _differences((first, plan), other)]
    if found:
        raise UserProblem("\n".join(("these plans are not of one grid:", *found)))
    with_winners = [mine for _, mine in plans if (mine.get("tuning") or {}).get("winners")]
    runs: dict[str, Any] = {}
    for mine in with_winners[:1] or [mine for _, mine in plans]:
        runs |= {i: spec for i, spec in mine["runs"].items() if i not in runs}
    columns = {c["name"]: c for _, mine in plans for c in mine.get("columns") or ()}
    best = (with_winners or [plan])[0]
    mine = {i: spec for i, spec in runs.items() if not identity.earlier(spec)}
    if not mine:
        raise UserProblem(f"{first.plan_file}: plans nothing but runs of an earlier version")
    return best | {"runs": mine, "columns": list(columns.values())}


def planned(plan: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the specs of all runs that a plan names, trials included, by run id."""
    return {**(plan.get("tuning") or {}).get("runs", {}), **plan["runs"]}


def write(plan: Mapping[str, Any], grid: GridStore) -> None:
    """Record a plan of :func:`united` in another folder."""
    tuning, axes = plan.get("tuning"), plan.get("axes")
    grid.write_plan(
        plan["name"],
        plan["runs"],
        plan.get("description") or "",
        axes,
        plan["columns"],
        None if tuning is None else from_json(tuning, grid.plan_file),
        plan.get("recipes") or (),
        seconds_of(plan, grid.plan_file),
    )


def same_spec(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two stored specs say the same, also where versions wrote them differently."""
    try:
        return one == other or from_stored(one) == from_stored(other)
    except ValidationError:
        return False


def require_spec(run: RunStore, spec: dict[str, Any] | None) -> dict[str, Any]:
    """Return a run's stored spec.

    Raises:
        StoreProblem: it is not what is known of the run.
    """
    stored = run.spec()
    if spec is not None and not same_spec(stored, spec):
        fields = [key for key in {**stored, **spec} if stored.get(key) != spec.get(key)]
        raise StoreProblem(
            f"{run.spec_file}: not the spec that the plan or another folder has for this run: "
            f"{', '.join(fields)}"
        )
    return stored


def checked(grid: GridStore, use: str = "merged") -> Plan:
    """Return a folder's plan.

    Args:
        grid: the folder.
        use: what is to become of it, for the message where that cannot be.

    Raises:
        StoreProblem: it is damaged, or of imported runs.
    """
    plan = grid.plan()
    runs = plan.get("runs")
    if not isinstance(runs, dict) or not all(isinstance(s, dict) for s in runs.values()):
        raise StoreProblem(f"{grid.plan_file}: lacks its runs")
    if not isinstance(plan.get("name"), str):
        raise StoreProblem(f"{grid.plan_file}: lacks the grid's name")
    imported.require_own(runs, f"{grid.folder}: cannot be {use}")
    for run_id in runs:
        grid.run(run_id)
    grid.tuning()
    return plan


def _differences(first: tuple[GridStore, Plan], other: tuple[GridStore, Plan]) -> Iterator[str]:
    """Yield a line for everything that keeps two plans from being united."""
    (one, mine), (two, theirs) = first, other
    named = [(key, mine.get(key), theirs.get(key)) for key in ALIKE]
    named += _columns(mine, theirs) + _tuning(mine, theirs)
    named += [
        (f"run {i}", spec, mine["runs"][i])
        for i, spec in theirs["runs"].items()
        if i in mine["runs"] and not same_spec(spec, mine["runs"][i])
    ]
    for key, a, b in named:
        if (a or None) != (b or None):
            yield f"  {key}: {_short(a)} in {one.plan_file}, {_short(b)} in {two.plan_file}"


def _columns(mine: Plan, theirs: Plan) -> list[tuple[str, Any, Any]]:
    """Return the columns that both plans know."""
    known = {column["name"]: column for column in mine.get("columns") or ()}
    return [
        (f"column {column['name']}", known[column["name"]], column)
        for column in theirs.get("columns") or ()
        if column["name"] in known
    ]


def _tuning(mine: Plan, theirs: Plan) -> list[tuple[str, Any, Any]]:
    """Return what two tuning sections say, winners only where both chose."""
    one, two = mine.get("tuning"), theirs.get("tuning")
    if one is None or two is None:
        return [("tuning", one, two)]
    open_ = not (one.get("winners") and two.get("winners"))
    keys = [key for key in {**one, **two} if not (open_ and key in CHOSEN)]
    return [(f"tuning.{key}", one.get(key), two.get(key)) for key in keys]


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
