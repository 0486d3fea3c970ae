"""The ``methods`` of a grid file: names, or names with parameters, each validated once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bench.fields import is_key_problem, words
from bench.layers import Source, report_at_origin
from bench.overrides import known_methods
from bench.problems import KeyPath, Report, key_path, show
from runners.component import one_of
from runners.lipschitz import METHODS
from runners.lipschitz.base import Method

_ADAPTER: TypeAdapter[Method] = TypeAdapter(one_of(METHODS))


@dataclass(frozen=True)
class Entry:
    """A valid method, and where it was written."""

    method: Method
    data: dict[str, Any]
    source: Source


def read(report: Report, top: Mapping[str, Any]) -> list[Entry]:
    """Return the valid ones of a grid file's methods."""
    entries = top.get("methods")
    if not isinstance(entries, list) or not entries:
        if "methods" not in top:  # reported with the other missing keys
            return []
        report.at(("methods",), f"expected a list of methods, got {show(entries)}")
        return []
    found: list[Entry] = []
    first: dict[Method, KeyPath] = {}
    for i, value in enumerate(entries):
        for entry in _entry(report, ("methods", i), value):
            if entry.method in first:
                report.at(("methods", i), f"the same as {key_path(first[entry.method])}")
            first.setdefault(entry.method, ("methods", i))
            found.append(entry)
    return found


def select(report: Report, entries: list[Entry], names: tuple[str, ...] | None) -> list[Entry]:
    """Return the entries of the given names, in their order; a name without one has defaults."""
    if names is None:
        return entries
    chosen: list[Entry] = []
    for name in known_methods(names, report):
        configured = [entry for entry in entries if entry.data["name"] == name]
        default = Entry(METHODS[name](), {"name": name}, f"--methods {name}")
        chosen += configured or [default]
    return chosen


def _entry(report: Report, path: KeyPath, value: object) -> Iterator[Entry]:
    written = _written(value)
    if isinstance(written, str):
        report.at(path, written)
        return
    data, rest = written
    source = (*path, *rest)
    try:
        yield Entry(_ADAPTER.validate_json(json.dumps(data)), data, source)
    except ValidationError as problems:
        for problem in problems.errors(include_url=False):
            error = {**problem, "loc": ("method", *problem["loc"])}
            at_key = is_key_problem(error) or not problem["loc"]
            text = words(error, {"method": data})
            report_at_origin(report, {("method",): source}, error["loc"], text, at_key)


def _written(value: object) -> tuple[dict[str, Any], KeyPath] | str:
    """Return a method's data and the keys it stands under, or what is wrong with its form."""
    if isinstance(value, str):
        return {"name": value}, ()
    if not isinstance(value, dict) or not value:
        return f"expected a name, or a name with parameters, got {show(value)}"
    if "name" in value:
        if isinstance(value["name"], str):
            return value, ()
        return f"name: expected a method's name, got {show(value['name'])}"
    name, parameters = next(iter(value.items()))
    if len(value) > 1:
        keys = ", ".join(map(show, value))
        return f"expected one name with its parameters nested below it, got the keys {keys}"
    if not isinstance(parameters, dict | None):
        return f"expected a mapping of parameters below {show(name)}, got {show(parameters)}"
    if "name" in (parameters or {}):
        return f"the name is given twice, as a key and inside {show(name)}"
    return {"name": name, **(parameters or {})}, (name,)
