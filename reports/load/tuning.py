"""What a tuned grid searched, chose and confirmed, as a report knows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reports.load.labels import method_names
from reports.load.planned import Planned, planned
from reports.load.score_columns import ScoreColumns
from runners.errors import StoreProblem
from runners.tuning.plan import DEFAULT, TUNED, Point, Select, TuningPlan, from_json

UNPROVEN = "selected, proof does not hold"
"""What the cell of the winners is called where nothing may be called tuned."""


@dataclass(frozen=True)
class Tuning:
    """A search and what it chose; methods are named by the labels of the grid's own entries.

    Args:
        plan: as it is stored.
        runs: the planned trial runs by id.
        names: what each label is called in frames and figures.
        title: of the score that winners were chosen by, without its split.
        doubts: a sentence for everything that keeps the comparison from being called tuned.
        places: cell and method's name of every row that confirmation runs have in frames, by id;
            a run of two cells has two rows.
        repeated: ids of those second rows.
    """

    plan: TuningPlan
    runs: Mapping[str, Planned] = field(repr=False)
    names: Mapping[str, str]
    title: str
    doubts: tuple[str, ...] = ()
    places: Mapping[str, tuple[str, str]] = field(repr=False, default_factory=dict)
    repeated: tuple[str, ...] = ()

    @property
    def methods(self) -> tuple[str, ...]:
        """The labels of all methods, in order."""
        return tuple(self.names)

    @property
    def searched(self) -> tuple[str, ...]:
        """Dotted names of all settings that some method searched."""
        keys = (key for keys in self.plan.dimensions.values() for key in keys)
        return tuple(dict.fromkeys(keys))

    @property
    def base(self) -> str:
        """The column of the score that winners were chosen by, without its split."""
        return base_column(self.plan.select)

    @property
    def test(self) -> str:
        """The column of the same score against the test split."""
        return f"{self.base}_test"

    @property
    def sign(self) -> float:
        """What makes lower values of that score better."""
        return 1.0 if self.plan.select.lower_is_better else -1.0

    @property
    def direction(self) -> str:
        """That score's direction in words."""
        return "lower is better" if self.plan.select.lower_is_better else "higher is better"

    @property
    def winners_cell(self) -> str:
        """What the cell of the winners is called: tuned only where the proof holds."""
        return UNPROVEN if self.doubts else TUNED

    def point(self, method: str, trial: int | None) -> Point | None:
        """Return a trial, None where the plan lacks it."""
        found = (p for p in self.plan.points if (p.method, p.trial) == (method, trial))
        return next(found, None)

    def confirming(self) -> Iterator[tuple[str, str, str]]:
        """Yield cell, method and id of every confirmation run, the defaults first."""
        cells = self.plan.cells
        for cell in sorted(cells, key=lambda cell: cell != DEFAULT):
            for method, runs in cells[cell].items():
                yield from ((cell, method, run_id) for run_id in runs)


def base_column(select: Select) -> str:
    """Return the column of a selection without its split."""
    return select.column.removesuffix(f"_{select.split}")


def read_tuning(
    data: object, runs: Mapping[str, Planned], columns: ScoreColumns, where: object
) -> Tuning | None:
    """Return what a plan says of its tuning, None where it says nothing.

    Args:
        data: the plan's "tuning".
        runs: the plan's other runs by id.
        columns: of the scores.
        where: the plan's file, for messages.

    Raises:
        StoreProblem: what it says is damaged.
    """
    if data is None:
        return None
    plan = from_json(data, where)  # pyright: ignore
    trials = {run_id: planned(run_id, spec, where) for run_id, spec in plan.runs.items()}
    base = base_column(plan.select)
    known = columns.by_name.get(base)
    title = known.title if known else base.upper()
    tuning = Tuning(plan, trials, _names(plan, trials), title)
    for cell, method, run_id in tuning.confirming():
        if run_id not in runs:
            place = f"tuning.cells.{cell}.{method}"
            raise StoreProblem(f"{where}: {place}: runs lacks {run_id}; plan it again")
    return tuning


def _names(plan: TuningPlan, runs: Mapping[str, Planned]) -> dict[str, str]:
    """Return what each label is called: with its parameters only where variants compete."""
    labels = dict.fromkeys([*plan.dimensions, *(point.method for point in plan.points)])
    first = [point.runs[0] for point in plan.points if point.trial == 0 and point.runs]
    short = method_names({run_id: runs[run_id] for run_id in first})
    known = {runs[run_id].method_label: name for run_id, name in short.items()}
    return {label: known.get(label, label) for label in labels}
