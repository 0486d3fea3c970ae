"""The sections base and axes of a grid file: what they assign, and what is wrong with their keys.

Values are checked later, when a whole cell is validated; only ``setting`` is spelt out before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.grid import fields
from bench.grid.document import KeyPath
from bench.grid.merge import Assignment, Cell, Layers, Target
from bench.grid.messages import show, unknown_key
from bench.grid.problems import Problems


def read(problems: Problems, top: Mapping[str, Any], fixed: Cell) -> Layers:
    """Return what a grid file assigns to the fields of its cells.

    Args:
        problems: takes what is wrong.
        top: the file's content.
        fixed: overrides; each ends the sweep of its field.
    """
    base = _section(problems, top, "base", "a mapping")
    axes = _section(problems, top, "axes", "a mapping of fields to lists")
    choices = {tuple(key.split(".")): _axis(problems, key, axes[key]) for key in axes}
    ended = {assignment.target for assignment in fixed}
    swept = {target: axis for target, axis in choices.items() if axis and target not in ended}
    for assignment in fixed:
        for field in fields.SETS:
            if assignment.target == (fields.SETTING,) and (field,) in swept:
                text = f"setting: the grid sweeps {field}, which it sets; set {field} instead"
                problems.option(assignment.source, text)
    return Layers(_all_assigned(problems, base, ("base",)), swept, fixed)


def assigned(problems: Problems, section: object, path: KeyPath) -> Cell:
    """Return what a mapping of fields, of the form that base has, assigns.

    Args:
        problems: takes what is wrong.
        section: the mapping.
        path: where it stands.
    """
    if not isinstance(section, dict) or not section:
        problems.at(path, f"expected a mapping of keys of base, got {show(section)}")
        return ()
    _refuse_beside_setting(problems, section, path)
    return _all_assigned(problems, section, path)


def _all_assigned(problems: Problems, section: Mapping[str, Any], path: KeyPath) -> Cell:
    found = [_assignment(problems, (key,), value, (*path, key)) for key, value in section.items()]
    return tuple(sorted(filter(None, found), key=lambda one: one.rank))


def _section(problems: Problems, top: Mapping[str, Any], name: str, form: str) -> dict[str, Any]:
    section = top.get(name)
    if section is None:
        return {}
    if not isinstance(section, dict):
        problems.at((name,), f"expected {form}, got {show(section)}")
        problems.refused |= fields.BASE
        return {}
    _refuse_beside_setting(problems, section, (name,))
    return section


def _refuse_beside_setting(problems: Problems, section: Mapping[str, Any], path: KeyPath) -> None:
    for key in fields.beside_setting(section):
        text = f"stands beside {key}, which it sets; keep one"
        problems.at((*path, fields.SETTING), text, key=True)


def _axis(problems: Problems, key: str, values: object) -> Cell:
    path, target = ("axes", key), tuple(key.split("."))
    problem = fields.key_problem(key)
    if key in fields.ELSEWHERE:
        problem = "not an axis; list {0} under the top-level key {0}".format(fields.ELSEWHERE[key])
    if problem:
        problems.at(path, problem, key=True)
        return ()
    if not isinstance(values, list) or not values:
        problems.at(path, f"expected a list of values, got {show(values)}")
        problems.refused.update(fields.SETS if key == fields.SETTING else target[:1])
        return ()
    found = (_assignment(problems, target, value, (*path, i)) for i, value in enumerate(values))
    return tuple(filter(None, found))


def _assignment(
    problems: Problems, target: Target, value: object, path: KeyPath
) -> Assignment | None:
    if target[0] not in fields.BASE:
        problems.at(path, _stray(target[0]), key=True)
        return None
    problem = fields.setting_problem(value) if target == (fields.SETTING,) else None
    if problem:
        problems.at(path, problem)
        problems.refused.update(fields.SETS)
        return None
    return Assignment(target, value, path)


def _stray(key: str) -> str:
    if key in fields.ELSEWHERE:
        return f"belongs under the top-level key {fields.ELSEWHERE[key]}"
    field, dot, rest = key.partition(".")
    if dot and fields.key_problem(key) is None:
        return f"nest it, as {field}: {{{rest}: ...}}"
    return fields.OF_BUDGET if field == fields.BUDGET else unknown_key(key, fields.BASE)
