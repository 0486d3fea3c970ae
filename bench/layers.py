"""How base, axes and overrides combine into the fields of a cell, each with its origin."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench.fields import (
    BASE,
    COMPONENTS,
    ELSEWHERE,
    SETS,
    SETTING,
    beside_setting,
    key_problem,
    setting_problem,
)
from bench.problems import KeyPath, Report, key_path, show, unknown_key
from runners.optim import SETTINGS

Source = KeyPath | str
"""Where a value was written: a path in the grid file, or an option of the command line."""

Target = tuple[str, ...]
Origins = dict[KeyPath, Source]


@dataclass(frozen=True)
class Assignment:
    """One value for one field, as ("model", "width") or ("setting",)."""

    target: Target
    value: Any
    source: Source

    @property
    def key(self) -> str:
        """The target as written: ``model.width``."""
        return ".".join(self.target)

    @property
    def rank(self) -> tuple[bool, int]:
        """Orders assignments so that the more specific one has the last word."""
        return self.target != (SETTING,), len(self.target)

    def fields(self) -> Iterator[tuple[Target, Any]]:
        """Yield what is assigned, ``setting`` spelt out."""
        if self.target == (SETTING,):
            yield from (((field,), SETTINGS[self.value][field]) for field in SETS)
        else:
            yield self.target, self.value


Cell = tuple[Assignment, ...]


@dataclass(frozen=True)
class Layers:
    """Base and what varies over it.

    Args:
        base: assignments all cells begin with.
        slots: choices, the outermost first; a fixed override is a slot of one.
        axes: dotted names of the swept fields.
        unread: fields whose value has been reported already, so that a cell lacks them.
    """

    base: Cell
    slots: tuple[Cell, ...]
    axes: tuple[str, ...]
    unread: frozenset[str]

    def cells(self) -> Iterator[Cell]:
        """Yield one choice from every slot, the last slot varying fastest."""
        return itertools.product(*self.slots)

    def resolve(self, cell: Cell) -> tuple[dict[str, Any], Origins]:
        """Return the fields of a cell, and where each was written."""
        data: dict[str, Any] = {}
        origins: Origins = {(): ("base",)}
        for assignment in (*self.base, *sorted(cell, key=lambda choice: choice.rank)):
            for target, value in assignment.fields():
                _put(data, target, value)
                origins[target] = assignment.source
        return data, origins


def _put(data: dict[str, Any], target: Target, value: Any) -> None:
    field, *rest = target
    if not rest:
        data[field] = value
        return
    parent = data.get(field, {})
    if isinstance(parent, str) and field in COMPONENTS:
        parent = {"name": parent}
    if isinstance(parent, dict):  # anything else is reported when the cell is validated
        data[field] = {**parent, rest[0]: value}


def read(report: Report, top: Mapping[str, Any], fixed: Cell) -> Layers:
    """Return the layers of a grid file under the overrides ``fixed``."""
    unread: set[str] = set()
    base = tuple(_base(report, top.get("base"), unread))
    fixed_targets = {assignment.target for assignment in fixed}
    axes = _axes(report, top.get("axes"), unread)
    swept = {target: slot for target, slot in axes.items() if target not in fixed_targets}
    _refuse_clashes(report, swept, fixed)
    slots = (*swept.values(), *((assignment,) for assignment in fixed))
    return Layers(base, slots, tuple(map(".".join, swept)), frozenset(unread))


def _base(report: Report, base: object, unread: set[str]) -> Iterator[Assignment]:
    if base is None:
        return
    if not isinstance(base, dict):
        report.at(("base",), f"expected a mapping, got {show(base)}")
        unread |= BASE
        return
    for key in beside_setting(base):
        report.at(("base", SETTING), f"stands beside {key}, which it sets; keep one", key=True)
    found = [Assignment((key,), value, ("base", key)) for key, value in base.items()]
    readable = (choice for choice in found if _readable(report, choice, choice.key, unread))
    yield from sorted(readable, key=lambda assignment: assignment.rank)


def _readable(report: Report, assignment: Assignment, key: str, unread: set[str]) -> bool:
    path = assignment.source
    assert isinstance(path, tuple)
    if assignment.target[0] not in BASE:
        report.at(path, _stray(key), key=True)
        return False
    problem = setting_problem(assignment.value) if assignment.target == (SETTING,) else None
    if problem:
        report.at(path, problem)
        unread.update(SETS)
    return problem is None


def _stray(key: str) -> str:
    if key in ELSEWHERE:
        return f"belongs under the top-level key {ELSEWHERE[key]}"
    field, dot, rest = key.partition(".")
    if dot and key_problem(key) is None:
        return f"nest it, as {field}: {{{rest}: ...}}"
    return unknown_key(key, BASE)


def _axes(report: Report, axes: object, unread: set[str]) -> dict[Target, Cell]:
    if axes is None:
        return {}
    if not isinstance(axes, dict):
        report.at(("axes",), f"expected a mapping of fields to lists, got {show(axes)}")
        unread |= BASE
        return {}
    for key in beside_setting(axes):
        report.at(("axes", SETTING), f"stands beside {key}, which it sets; keep one", key=True)
    slots = {tuple(key.split(".")): _axis(report, key, axes[key], unread) for key in axes}
    return {target: slot for target, slot in slots.items() if slot}


def _axis(report: Report, key: str, values: object, unread: set[str]) -> Cell:
    path, target = ("axes", key), tuple(key.split("."))
    problem = _not_an_axis(key)
    if problem:
        report.at(path, problem, key=True)
        return ()
    if not isinstance(values, list) or not values:
        report.at(path, f"expected a list of values, got {show(values)}")
        unread.update(SETS if target == (SETTING,) else target[:1])
        return ()
    choices = [Assignment(target, value, (*path, i)) for i, value in enumerate(values)]
    return tuple(choice for choice in choices if _readable(report, choice, key, unread))


def _not_an_axis(key: str) -> str | None:
    if key in ELSEWHERE:
        return f"not an axis; list {ELSEWHERE[key]} under the top-level key {ELSEWHERE[key]}"
    return key_problem(key)


def _refuse_clashes(report: Report, swept: Iterable[Target], fixed: Cell) -> None:
    for assignment in fixed:
        if assignment.target != (SETTING,):
            continue
        for field in SETS:
            if (field,) in swept:
                text = f"setting: the grid sweeps {field}, which it sets; set {field} instead"
                report.option(str(assignment.source), text)


def report_at_origin(
    report: Report, origins: Origins, path: KeyPath, text: str, key: bool = False
) -> None:
    """Report a problem of a spec's field where the field was written.

    Args:
        report: takes the problem.
        origins: where the cell's fields were written.
        path: of the field in the spec.
        text: what is wrong.
        key: whether the field's name is at fault, not its value.
    """
    length = next(n for n in range(len(path), -1, -1) if path[:n] in origins)
    source = origins[path[:length]]
    if isinstance(source, str):
        report.option(source, f"{key_path(path)}: {text}" if path[:1] != ("method",) else text)
        return
    named_by_axis = key and length == len(path) and source[0] == "axes"
    report.at(source[:-1] if named_by_axis else source + path[length:], text, key)
