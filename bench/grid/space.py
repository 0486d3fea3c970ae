"""The dimensions of a search space in a grid file, and whether a spec takes their values."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from bench.grid import complaints, fields, forms, lists
from bench.grid.document import KeyPath
from bench.grid.merge import Assignment, Layers
from bench.grid.messages import key_path, show, unknown_key
from bench.grid.methods import Entry
from bench.grid.problems import Origins, Problems
from runners.lipschitz import METHODS
from runners.spec import from_dict
from runners.tuning.space import RANGES, Dimension

WHOLE = "takes whole numbers: list choices, as [1, 2], instead of a range"
JUDGES = {"dataset", "evaluation"}
"""Fields that decide what a score means: trials that differ in them cannot be compared."""


@dataclass(frozen=True)
class Searched:
    """A dimension, and where it was written."""

    dimension: Dimension
    path: KeyPath

    @property
    def target(self) -> tuple[str, ...]:
        """The field it sets."""
        return tuple(self.dimension.key.split("."))

    @property
    def extremes(self) -> Iterator[tuple[Any, KeyPath]]:
        """Yield both ends of a range, or every choice, with its place."""
        kind, values = self.dimension.kind, self.dimension.values
        below, of = ((kind,), float) if kind in RANGES else ((), lambda value: value)
        yield from ((of(value), (*self.path, *below, i)) for i, value in enumerate(values))


def shared(problems: Problems, section: Mapping[str, Any], layers: Layers) -> tuple[Searched, ...]:
    """Return the dimensions that all methods search, without those in error."""
    path = ("tuning", "shared")
    found = _mapping(problems, section.get("shared"), path)
    for key in fields.beside_setting(found):
        text = f"stands beside {key}, which it sets; keep one"
        problems.at((*path, fields.SETTING), text, key=True)
    read = [_shared(problems, key, form, (*path, key), layers) for key, form in found.items()]
    return tuple(filter(None, read))


def own(
    problems: Problems, section: Mapping[str, Any], entries: Sequence[Entry], named: set[str]
) -> dict[str, tuple[Searched, ...]]:
    """Return the dimensions that a method searches alone, by its name, without those in error.

    Args:
        problems: takes what is wrong.
        section: the file's ``tuning``.
        entries: the methods of the file and of --methods.
        named: the names of all methods the file lists, also of those in error.
    """
    path = ("tuning", "methods")
    known = METHODS.keys() & (named | {entry.method.name for entry in entries})
    spaces: dict[str, tuple[Searched, ...]] = {}
    for name, form in _mapping(problems, section.get("methods"), path).items():
        if name not in known:
            text = unknown_key(name, known)
            if name in METHODS:
                text = text.replace("unknown key", "not a method of this grid")
            problems.at((*path, name), text, key=True)
            continue
        mine = [entry for entry in entries if entry.method.name == name]
        if len(mine) > 1:
            places = ", ".join(key_path(_place(entry)) for entry in mine)
            text = f"the grid has several {name} ({places}); tune one of them per grid"
            problems.at((*path, name), text, key=True)
        read = [
            _own(problems, key, one, (*path, name, key), name, mine)
            for key, one in _mapping(problems, form, (*path, name)).items()
        ]
        spaces[name] = tuple(filter(None, read))
    return spaces


def _place(entry: Entry) -> KeyPath:
    return (entry.source,) if isinstance(entry.source, str) else entry.source[:2]


def _mapping(problems: Problems, value: object, path: KeyPath) -> dict[str, Any]:
    if isinstance(value, dict | None):
        return value or {}
    problems.at(path, f"expected a mapping, got {show(value)}")
    return {}


def _shared(
    problems: Problems, key: str, form: object, path: KeyPath, layers: Layers
) -> Searched | None:
    field = key.partition(".")[0]
    problem = fields.key_problem(key)
    if key in fields.ELSEWHERE:
        problem = f"not searched; list {fields.ELSEWHERE[key]} at the top"
    elif field in JUDGES:
        problem = "decides what a score means, so that trials could not be compared; set it in base"
    if problem:
        problems.at(path, problem, key=True)
        return None
    dim = forms.read(problems, key, form, path)
    if not dim:
        return None
    found = Searched(dim, path)
    for fixed in layers.fixed:
        if any(fixed.target[: len(part)] == part for part in _fields(found)):
            text = f"{fixed.source} sets it too; leave one of them out"
            problems.at(path, text, key=True)
    fits = [_fits(problems, found, *end, layers) for end in found.extremes]
    return found if all(fits) else None


def _fields(found: Searched) -> list[tuple[str, ...]]:
    setting = found.target == (fields.SETTING,)
    return [(field,) for field in fields.SETS] if setting else [found.target]


def _fits(problems: Problems, found: Searched, value: Any, path: KeyPath, layers: Layers) -> bool:
    """Report what a spec has against a value of a shared dimension."""
    if found.target == (fields.SETTING,) and (problem := fields.setting_problem(value)):
        problems.at(path, problem)
        return False
    given, origins = layers.merged((Assignment(found.target, value, path),))
    lists.check(problems, given, origins)
    try:
        from_dict(given | {"method": next(iter(METHODS)), "seed": 0})
    except ValidationError as errors:
        _refuse(problems, errors, found, given, origins)
        return False
    return True


def _own(
    problems: Problems, key: str, form: object, path: KeyPath, name: str, entries: Sequence[Entry]
) -> Searched | None:
    known = fields.names(METHODS[name]) - {"name"}
    if key not in known:
        text = unknown_key(key, known) if known else f"{name} has no parameters"
        problems.at(path, text, key=True)
        return None
    dim = forms.read(problems, f"method.{key}", form, path)
    if not dim:
        return None
    found = Searched(dim, path)
    ends = [_takes(problems, found, *end, entry) for end in found.extremes for entry in entries]
    return found if all(ends) else None


def _takes(problems: Problems, found: Searched, value: Any, path: KeyPath, entry: Entry) -> bool:
    """Report what a method has against a value of its own dimension."""
    data = with_parameters(entry, {found.target[1]: value})
    try:
        Entry(method=data, source=path)
    except ValidationError as errors:
        origins: Origins = {("method",): entry.source, found.target: path}
        _refuse(problems, errors, found, {"method": data}, origins)
        return False
    return True


def with_parameters(entry: Entry, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a method with some of them changed."""
    return {**dataclasses.asdict(entry.method), **parameters}


def _refuse(
    problems: Problems,
    errors: ValidationError,
    found: Searched,
    given: Mapping[str, Any],
    origins: Origins,
) -> None:
    ranged = found.dimension.kind in RANGES
    kinds = {error["type"] for error in errors.errors() if error["loc"] == found.target}
    if ranged and kinds & {"int_type", "int_from_float"}:
        problems.at(found.path, WHOLE)
    else:
        complaints.report(problems, errors, given, origins)
