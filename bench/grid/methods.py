"""The methods of a grid: those of the file, or those that --methods chooses, validated once.

A method may stand with settings of its own, ``with: {loss: wasserstein}``: then it is a recipe.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic.dataclasses import dataclass

from bench.grid import complaints, entries, sections
from bench.grid.document import KeyPath
from bench.grid.merge import Cell
from bench.grid.messages import key_path, show, unknown_name
from bench.grid.problems import Problems, Source
from runners.component import one_of
from runners.lipschitz import METHODS
from runners.lipschitz.base import Method

WITH = "with"
"""The key beside a method's name that its own settings stand below."""

SHARED = ("dataset", "evaluation", "steps", "log_every", "diagnostics_every")
"""What no recipe sets: what is learned and for how long, and how it is judged."""


@dataclass(frozen=True)
class Entry:
    """A valid method.

    Args:
        method: with its parameters.
        source: where it was written.
        own: what its recipe sets of base, from the key ``with``.
    """

    method: one_of(METHODS)  # pyright: ignore
    source: Source
    own: Any = ()

    @property
    def told_apart(self) -> tuple[Method, str]:
        """What no other entry of a grid may equal."""
        return self.method, repr([(one.target, one.value) for one in self.own])


def read(problems: Problems, top: Mapping[str, Any]) -> list[Entry]:
    """Return the valid ones of a grid file's methods."""
    if "methods" not in top:  # reported with the other missing keys
        return []
    listed = top["methods"]
    if not isinstance(listed, list) or not listed:
        problems.at(("methods",), f"expected a list of methods, got {show(listed)}")
        return []
    found: list[Entry] = []
    first: dict[tuple[Method, str], KeyPath] = {}
    for i, written in enumerate(listed):
        path = ("methods", i)
        component = entries.component(_without_own(written), "method")
        own = _own(problems, written, path)
        if isinstance(component, str):
            problems.at(path, component)
            continue
        data, below = component
        if WITH in data:
            text = "stands beside the method's name, with as many spaces before it, not below it"
            problems.at((*path, *below, WITH), text, key=True)
            continue
        for entry in _valid(problems, data, (*path, *below), own):
            if entry.told_apart in first:
                problems.at(path, f"the same as {key_path(first[entry.told_apart])}")
            first.setdefault(entry.told_apart, path)
            found.append(entry)
    return found


def _without_own(written: object) -> object:
    if not isinstance(written, dict):
        return written
    return {key: value for key, value in written.items() if key != WITH}


def _own(problems: Problems, written: object, path: KeyPath) -> Cell:
    """Return what an entry sets of base besides its method."""
    if not isinstance(written, dict) or WITH not in written:
        return ()
    own = sections.assigned(problems, written[WITH], (*path, WITH))
    for one in own:
        if one.target[0] in SHARED:
            text = "the same for all methods: it belongs in base, or they could not be compared"
            problems.at((*path, WITH, one.target[0]), text, key=True)
    return own


def named(top: Mapping[str, Any]) -> set[str]:
    """Return the names that a grid file lists as methods, also those with faults of their own."""
    listed = top.get("methods")
    written = listed if isinstance(listed, list) else []
    forms = [entries.component(_without_own(one), "method") for one in written]
    return {form[0]["name"] for form in forms if not isinstance(form, str)}


def select(problems: Problems, found: list[Entry], names: tuple[str, ...] | None) -> list[Entry]:
    """Return the entries that --methods names, in its order; one not in the file has defaults."""
    if names is None:
        return found
    if not names:
        problems.option("--methods", "name at least one")
    chosen: dict[str, list[Entry]] = {}
    for name in names:
        option = f"--methods {name}"
        if name not in METHODS:
            problems.option(option, unknown_name(name, METHODS))
        elif name in chosen:
            problems.option(option, "given twice")
        else:
            configured = [entry for entry in found if entry.method.name == name]
            chosen[name] = configured or list(_valid(problems, {"name": name}, option))
    return [entry for same in chosen.values() for entry in same]


def _valid(
    problems: Problems, data: dict[str, Any], source: Source, own: Cell = ()
) -> Iterator[Entry]:
    try:
        yield Entry(method=data, source=source, own=own)
    except ValidationError as errors:
        complaints.report(problems, errors, {"method": data}, {("method",): source})
