"""How a grid file writes a dimension: a list of choices, or a range of a kind."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from bench.grid.document import KeyPath
from bench.grid.messages import key_path, show, unknown_key
from bench.grid.problems import Problems
from runners.tuning.space import RANGES, Dimension, dimension

FORM = "expected a list of choices, {log: [low, high]} or {linear: [low, high]}"


def read(problems: Problems, key: str, form: object, path: KeyPath) -> Dimension | None:
    """Return the dimension of a form, or None where something is wrong with it.

    Args:
        problems: takes what is wrong.
        key: the dotted name of the dimension.
        form: what the file says of it.
        path: where.
    """
    if isinstance(form, dict) and len(form) == 1 and not form.keys() <= set(RANGES):
        (kind,) = form
        problems.at((*path, kind), unknown_key(kind, RANGES), key=True)
        return None
    wrong = list(_choices(form, path) if isinstance(form, list) else _range(form))
    for inside, text in wrong:
        problems.at((*path, *inside), text)
    return None if wrong else dimension(key, form)


def _choices(values: list[Any], path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if len(values) < 2:
        yield (), f"expected at least two choices, got {show(values)}"
    kinds = [(isinstance(value, bool), value) for value in values]
    for i, value in enumerate(kinds):
        if (first := kinds.index(value)) != i:
            yield (i,), f"{show(values[i])} again, as {key_path((*path, first))}"


def _range(form: object) -> Iterator[tuple[KeyPath, str]]:
    if not isinstance(form, dict) or len(form) != 1:
        yield (), f"{FORM}, got {show(form)}"
        return
    ((kind, ends),) = form.items()
    if not isinstance(ends, list) or len(ends) != 2:
        yield (kind,), f"expected [low, high], got {show(ends)}"
    else:
        wrong = [((kind, i), text) for i, end in enumerate(ends) if (text := _end(kind, end))]
        if not wrong and not ends[0] < ends[1]:
            wrong = [((kind,), f"the lower end comes first and differs, got {show(ends)}")]
        yield from wrong


def _end(kind: str, end: object) -> str | None:
    if not isinstance(end, int | float) or isinstance(end, bool):
        return f"expected a number, got {show(end)}"
    try:
        finite = math.isfinite(end)
    except OverflowError:  # an integer beyond what a float holds
        finite = False
    if not finite:
        return f"expected a finite number, got {show(end)}"
    if kind == "log" and end <= 0:
        return f"must be greater than 0 in a log range, got {show(end)}"
    return None
