"""How base, axes and overrides combine into the fields of a cell, each with its origin."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.grid import usual
from bench.grid.fields import COMPONENTS, SETS, SETTING
from bench.grid.problems import Origins, Source
from runners.optim import SETTINGS

Target = tuple[str, ...]


@dataclass(frozen=True)
class Assignment:
    """One value for one field, as ("model", "width") or ("setting",)."""

    target: Target
    value: Any
    source: Source

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
        swept: the choices of each axis, the outermost first.
        fixed: overrides, the same in all cells.
    """

    base: Cell
    swept: dict[Target, Cell]
    fixed: Cell

    @property
    def axes(self) -> tuple[str, ...]:
        """Dotted names of the swept fields."""
        return tuple(map(".".join, self.swept))

    def cells(self, limit: int | None = None) -> Iterator[Cell]:
        """Yield one choice per axis, the last axis varying fastest; at most ``limit`` cells."""
        return itertools.islice(itertools.product(*self.swept.values()), limit)

    def merged(self, cell: Cell, own: Cell = ()) -> tuple[dict[str, Any], Origins]:
        """Return the fields of a cell, and where those that were written stand.

        Args:
            cell: one choice per axis.
            own: what the recipe of one method sets over base.
        """
        fields: dict[str, Any] = {}
        origins: Origins = {(): ("base",)}
        over_base = sorted((*cell, *self.fixed), key=lambda choice: choice.rank)
        for assignment in (*self.base, *own, *over_base):
            for target, value in assignment.fields():
                _put(fields, target, value)
                origins[target] = assignment.source
        usual.fill(fields, origins)
        return fields, origins


def _put(fields: dict[str, Any], target: Target, value: Any) -> None:
    field, *rest = target
    if not rest:
        fields[field] = value
        return
    parent = fields.get(field, {})
    if isinstance(parent, str) and field in COMPONENTS:
        parent = {"name": parent}
    if isinstance(parent, dict):  # anything else is reported when the cell is validated
        fields[field] = {**parent, rest[0]: value}
