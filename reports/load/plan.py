"""The plan of a grid, read and checked: which runs there should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.load.labels import cell_labels, method_names
from reports.load.planned import Planned, planned
from reports.load.score_columns import ScoreColumns, score_columns
from reports.load.tuning import Tuning, read_tuning
from runners.errors import StoreProblem
from runners.store.grid import GridStore, seconds_of


@dataclass(frozen=True)
class Plan:
    """What a grid's folder should hold.

    Args:
        name: the grid's.
        description: for the reader of the report, '' where there is none.
        axes: dotted names of the swept fields; None in a plan that does not say.
        recipes: dotted names of the fields that methods set for themselves.
        runs: the planned runs by id, in order.
        columns: of the scores that they may record.
        tuning: what was searched and chosen, None in a grid without it.
        budget: seconds that every run trains by its calibration, None where steps were given.
    """

    name: str
    description: str
    axes: tuple[str, ...] | None
    recipes: tuple[str, ...]
    runs: Mapping[str, Planned]
    columns: ScoreColumns
    tuning: Tuning | None = None
    budget: float | None = None

    @property
    def by_method(self) -> tuple[str, ...]:
        """Dotted names of the fields that may differ between methods: recipes', and of a budget."""
        return (*self.recipes, *self.budgeted)

    @property
    def budgeted(self) -> tuple[str, ...]:
        """The steps, where a budget gave every method of a cell one number of them, else nothing.

        Runs with other steps are no further seeds of a method: they were calibrated apart.
        """
        if self.budget is None:
            return ()
        given = {(*place, self.runs[i].spec.get(STEPS)) for i, place in self._places.items()}
        return (STEPS,) if len(given) == len(set(self._places.values())) else ()

    @property
    def _places(self) -> Mapping[str, tuple[str, str]]:
        """The cell and method of each run, whatever its steps."""
        if self.tuning:
            return {i: self.tuning.places[i] for i in self.runs}
        cells = cell_labels(self.runs, self.axes, (*self.recipes, STEPS))
        names = method_names(self.runs, self.recipes)
        return {i: (cells[i], names[i]) for i in self.runs}


STEPS = "steps"


def read_plan(grid: GridStore) -> Plan:
    """Return a grid's plan, also one that an earlier version wrote.

    Raises:
        StoreProblem: it is missing or damaged.
    """
    data, where = grid.plan(), grid.plan_file
    if not isinstance(data.get("runs"), dict) or "name" not in data:
        raise StoreProblem(f"{where}: lacks the grid's name or runs; plan it again")
    runs = {run_id: planned(run_id, spec, where) for run_id, spec in data["runs"].items()}
    columns = score_columns(data.get("columns"), str(where))
    return Plan(
        name=str(data["name"]),
        description=str(data.get("description") or ""),
        axes=_names(data, "axes", str(where)),
        recipes=_names(data, "recipes", str(where)) or (),
        runs=runs,
        columns=columns,
        tuning=read_tuning(data.get("tuning"), runs, columns, where),
        budget=seconds_of(data, where),
    )


def _names(data: Mapping[str, Any], key: str, where: str) -> tuple[str, ...] | None:
    names = data.get(key)
    if names is None:
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise StoreProblem(f"{where}: {key} is no list of names; plan it again")
    return tuple(names)
