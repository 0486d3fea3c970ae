"""Parameters that a grid sweeps alone: runs that differ in one number, and in nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.labels import label_of, named
from reports.load.planned import Planned
from reports.load.protocols import real_data, yardstick
from reports.load.results import Results
from reports.load.score_columns import TRAIN, Score
from reports.load.settings import NAMED_SETTING, flatten, is_of, settings

METHOD = "method."
TRAIN_SIZE = "dataset.train_size"
SWEEP_COLUMNS = ("parameter", "panel", "line", "value", "cell", "method")


@dataclass(frozen=True)
class _Point:
    """What all seeds of one method in one cell share.

    Args:
        cell, method: their labels.
        protocol: that they were scored under, '' before.
        run: one of them.
        fields: all that decides their numbers, but for the seed, by dotted names.
    """

    cell: str
    method: str
    protocol: str
    run: Planned
    fields: Mapping[str, Any]


def has_sweeps(results: Results) -> bool:
    """Whether anything of a grid is swept alone."""
    return not sweeps(results, results.score_columns[:1]).empty


def sweeps(results: Results, shown: Sequence[Score]) -> Frame:
    """Return where each method of each cell stands on the line of a parameter swept alone.

    Parameters are the axes with numbers, and the numbers of a method that its entries in the grid
    differ in. Points make a line where they agree in everything else, and were scored by the same
    yardstick; a line has two numbers at least. Steps that a budget of seconds gave may differ.

    Args:
        results: of a grid; a tuned one has none, as its cells are no axes.
        shown: the score that is shown over them; none where nothing was scored.

    Returns:
        parameter: its dotted name; panel: what else it is held at; line: the method, without the
        parameter where it is the method's own; value: a number; cell, method: whose runs they are.
    """
    points = [] if results.tuning else list(_points(results))
    rows = [
        row
        for score in shown
        for parameter in _parameters(results, points)
        for row in _lines(parameter, points, score, results.axes)
    ]
    return pd.DataFrame(rows, columns=list(SWEEP_COLUMNS))


def _points(results: Results) -> Iterator[_Point]:
    firsts = results.runs.drop_duplicates(["cell", "method"])
    protocols = results.scores.drop_duplicates(["cell", "method"])
    known = protocols.set_index(["cell", "method"])["protocol"]
    for row in firsts.to_dict("records"):
        place = row["cell"], row["method"]
        protocol = str(known.get(place, ""))
        run = results.plans[row["run_id"]]
        fields = _fields(run, protocol, results.budget is not None)
        yield _Point(str(row["cell"]), str(row["method"]), protocol, run, fields)


def _fields(run: Planned, protocol: str, budgeted: bool) -> dict[str, Any]:
    """Return all fields; the size of all training data is the number that the protocol states.

    Where a budget of seconds gave the steps, they follow from the others.
    """
    fields = {**settings(run), **flatten({"method": run.spec["method"]})}
    if budgeted:
        del fields["steps"]
    whole = real_data(protocol).get(TRAIN)
    if fields.get(TRAIN_SIZE) == flatten({"": None})[""] and whole:
        fields[TRAIN_SIZE] = whole
    return fields


def _parameters(results: Results, points: Sequence[_Point]) -> list[str]:
    own = dict.fromkeys(key for p in points for key in p.fields if key.startswith(METHOD))
    return [*results.axes, *own]


def _lines(
    parameter: str, points: Iterable[_Point], score: Score, axes: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of every line of one parameter."""
    groups: dict[str, list[_Point]] = {}
    for point in points:
        if _is_number(point.fields.get(parameter)):
            groups.setdefault(_all_but(parameter, point), []).append(point)
    lines = [mine for mine in groups.values() if _is_line(parameter, mine, score)]
    firsts = [mine[0].fields for mine in lines]
    for mine in lines:
        panel, line = _names(parameter, mine[0], firsts, axes)
        for point in sorted(mine, key=lambda point: point.fields[parameter]):
            value = float(point.fields[parameter])
            yield parameter, panel, line, value, point.cell, point.method


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _all_but(parameter: str, point: _Point) -> str:
    return json.dumps({k: v for k, v in point.fields.items() if k != parameter}, sort_keys=True)


def _is_line(parameter: str, points: Sequence[_Point], score: Score) -> bool:
    """Whether points differ in the parameter, and in nothing that would forbid one axis."""
    scored = {yardstick(p.protocol, score.split) for p in points if p.protocol}
    return len({p.fields[parameter] for p in points}) > 1 and len(scored) <= 1


def _names(
    parameter: str, point: _Point, others: Sequence[Mapping[str, Any]], axes: Sequence[str]
) -> tuple[str, str]:
    """Return the panel and the line of a point, by what tells it from other lines."""
    if not parameter.startswith(METHOD):
        held = [axis for axis in axes if axis != parameter]
        varied = {k: v for k, v in _varied(point, others).items() if is_of(k, held)}
        return label_of(named(varied, point.run) if NAMED_SETTING in held else varied), point.method
    name = point.run.method
    same = [one for one in others if one[f"{METHOD}name"] == name]
    varied = {k: v for k, v in _varied(point, same).items() if not is_of(k, axes)}
    line = f"{name} with {label_of(varied)}" if varied else name
    return "\n".join(filter(None, [line, point.cell])), line


def _varied(point: _Point, others: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the fields of a point that are not the same in all others, as cells call them."""
    own = settings(point.run)
    varied = (k for k, v in point.fields.items() if any(one.get(k) != v for one in others))
    return {key: own.get(key, point.fields[key]) for key in varied}
