"""A grid's tuning as its plan records it: what was searched, tried, chosen and confirmed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from runners.errors import StoreProblem
from runners.tuning.space import Dimension, dimension

DEFAULT: Literal["default"] = "default"
TUNED: Literal["tuned"] = "tuned"
"""The cells of a tuned grid: every method as the grid has it, and as it won."""

STORED = ConfigDict(strict=True)


@dataclass(frozen=True, config=STORED)
class Select:
    """By what the winner is chosen.

    Args:
        metric: the score's name in the grid file.
        at: the step of a run whose score counts; there is only ``final``.
        split: what the score is held against.
        column: of the score rows.
        lower_is_better: its direction.
    """

    metric: str
    at: str
    split: str
    column: str
    lower_is_better: bool


@dataclass(frozen=True, config=STORED)
class Point:
    """One trial of one method.

    Args:
        method: the label of the grid's own entry.
        trial: its number; 0 is the default.
        settings: dotted keys and values, {} of the default.
        runs: ids of its runs, in the order of the tuning seeds.
    """

    method: str
    trial: int
    settings: dict[str, Any]
    runs: tuple[str, ...]


@dataclass(frozen=True, config=STORED)
class Space:
    """What is searched, as the grid file writes it: key -> choices, or a range.

    Args:
        shared: by every method.
        methods: by a method alone, by its label; keys are parameters of the method.
    """

    shared: dict[str, Any]
    methods: dict[str, dict[str, Any]]

    def of(self, method: str) -> tuple[Dimension, ...]:
        """Return the dimensions of a method: shared ones first, its own as ``method.<key>``."""
        own = {f"method.{key}": form for key, form in self.methods.get(method, {}).items()}
        return tuple(dimension(key, form) for key, form in (self.shared | own).items())


@dataclass(frozen=True, config=STORED)
class TuningPlan:
    """The tuning of a grid.

    Args:
        trials: of every method.
        seeds: of every trial.
        confirmation: the seeds that winners are confirmed on: none of ``seeds``.
        select: by what they are chosen.
        space: what is searched.
        dimensions: the dotted keys of each method's space, by its label.
        points: every trial of every method.
        runs: the spec of every trial's run, by run id.
        winners: the trial that won, by method; {} until every trial has ended.
        cells: ids of the confirmation runs by cell and method, in the order of ``confirmation``;
            where the default won, both cells have the same.
    """

    trials: int
    seeds: tuple[int, ...]
    confirmation: tuple[int, ...]
    select: Select
    space: Space
    dimensions: dict[str, tuple[str, ...]]
    points: tuple[Point, ...]
    runs: dict[str, dict[str, Any]]
    winners: dict[str, int] = Field(default_factory=dict)
    cells: dict[Literal["default", "tuned"], dict[str, tuple[str, ...]]] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _agrees(self) -> TuningPlan:
        tried = {(point.method, point.trial) for point in self.points}
        for point in self.points:
            if unknown := set(point.runs) - set(self.runs):
                raise ValueError(f"run {min(unknown)} of a point is not among runs")
        for method, trial in self.winners.items():
            if (method, trial) not in tried:
                raise ValueError(f"winner {trial} of {method} is not among points")
        for method in self.dimensions:
            self.space.of(method)
        return self

    def to_json(self) -> dict[str, Any]:
        """Return what :func:`from_json` reads."""
        return _ADAPTER.dump_python(self, mode="json")


_ADAPTER: TypeAdapter[TuningPlan] = TypeAdapter(TuningPlan)


def from_json(data: Mapping[str, Any], where: object) -> TuningPlan:
    """Return the tuning that a plan records.

    Args:
        data: the plan's ``tuning``.
        where: the plan's file, for messages.

    Raises:
        StoreProblem: it is damaged; what of it.
    """
    try:
        return _ADAPTER.validate_json(json.dumps(data))
    except ValidationError as errors:
        first = errors.errors(include_url=False)[0]
        place = ".".join(map(str, ("tuning", *first["loc"])))
        raise StoreProblem(f"{where}: {place}: {first['msg']}; plan it again") from None
