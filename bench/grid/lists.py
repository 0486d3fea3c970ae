"""What is wrong with a list of components as a whole: nothing in it, or one of them twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bench.grid.document import KeyPath
from bench.grid.fields import LISTS
from bench.grid.messages import show
from bench.grid.problems import Origins, Problems
from runners.component import written

METRICS, STABILISERS = "evaluation.metrics", "stabilisers"
"""Those of LISTS that a spec does not check itself: it takes an empty list for the usual ones."""

EMPTY = "name at least one, or leave the key out for those usual with the data set"


def check(problems: Problems, fields: Mapping[str, Any], origins: Origins) -> None:
    """Report empty lists where some component is needed, and components given twice.

    Args:
        problems: takes what is wrong.
        fields: of a spec, not validated yet.
        origins: where the fields were written.
    """
    for key in (METRICS, STABILISERS):
        path = tuple(key.split("."))
        listed = _at(fields, path)
        if listed == [] and key == METRICS:
            problems.field(origins, path, EMPTY)
        for i, text in _repeated(listed, key) if isinstance(listed, list) else ():
            problems.field(origins, (*path, i), text)


def _at(fields: Mapping[str, Any], path: KeyPath) -> object:
    found: Any = fields
    for part in path:
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _repeated(listed: list[Any], key: str) -> Iterator[tuple[int, str]]:
    """Yield the places of components whose name stood before, as no run can tell them apart."""
    first: dict[str, int] = {}
    for i, entry in enumerate(listed):
        named = written(entry, LISTS[key])
        name = named.get("name") if isinstance(named, dict) else None
        if isinstance(name, str) and first.setdefault(name, i) != i:
            yield i, f"{show(name)} again, as [{first[name]}] of the same list"
