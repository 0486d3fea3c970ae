"""A search space and the quasi-random points of it that every method is tried at.

Reference: Bergstra & Bengio 2012 (random search), with the Halton sequence of Owen 2017
(arXiv 1706.02808) in place of independent draws, so that few trials cover a range evenly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

Kind = Literal["log", "linear", "choices"]
RANGES: tuple[str, ...] = ("log", "linear")
"""Kinds of dimensions given by their two ends."""

SEED = 0  # of the sequence: fixed, so that the points depend on the space alone
DIGITS = 3  # of a value in a log range: more are no setting anybody would write


@dataclass(frozen=True)
class Dimension:
    """One setting that is searched.

    Args:
        key: its dotted name: ``optimizer.lr``, or ``method.c`` of a method's own.
        kind: how ``values`` are meant.
        values: both ends of a range, or all choices.
    """

    key: str
    kind: Kind
    values: tuple[Any, ...]

    def at(self, u: float) -> Any:
        """Return the value at a place in [0, 1), where equal lengths are equally likely."""
        if self.kind == "choices":
            return self.values[int(u * len(self.values))]
        low, high = map(float, self.values)
        if self.kind == "log":
            exponent = (1 - u) * math.log(low) + u * math.log(high)
            value = float(f"{math.exp(exponent):.{DIGITS}g}")
        else:
            half = math.log10(high / 2 - low / 2)  # high - low itself may be infinite
            value = round((1 - u) * low + u * high, DIGITS - math.ceil(half + math.log10(2)))
        return min(max(value, low), high)

    @property
    def form(self) -> Any:
        """The dimension as a grid file writes it."""
        return list(self.values) if self.kind == "choices" else {self.kind: list(self.values)}


def dimension(key: str, form: object) -> Dimension:
    """Return the dimension of ``[choices]``, ``{log: [a, b]}`` or ``{linear: [a, b]}``.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(form, list) and form:
        return Dimension(key, "choices", tuple(form))
    if isinstance(form, dict) and len(form) == 1:
        ((kind, ends),) = form.items()
        if kind in RANGES and isinstance(ends, list) and _is_range(kind, ends):
            return Dimension(key, cast(Kind, kind), tuple(ends))
    raise ValueError(f"{key}: {form} is no list of choices and no range ({', '.join(RANGES)})")


def _is_range(kind: str, ends: list[Any]) -> bool:
    numbers = all(isinstance(end, int | float) and not isinstance(end, bool) for end in ends)
    return len(ends) == 2 and numbers and ends[0] < ends[1] and (kind != "log" or ends[0] > 0)


def points(dimensions: Sequence[Dimension], trials: int) -> tuple[dict[str, Any], ...]:
    """Return the settings of each trial; the first, {}, is the default.

    The others follow a scrambled Halton sequence with a coordinate for each dimension. Fewer
    trials are the first of more, and spaces that begin with the same dimensions agree in these:
    with the shared ones first, all methods are tried at the same shared settings.

    Args:
        dimensions: shared ones first, then a method's own.
        trials: how many, the default among them.
    """
    if not dimensions:
        return ({},) * trials
    import numpy as np
    from scipy.stats import qmc

    sequence = qmc.Halton(len(dimensions), scramble=True, rng=np.random.default_rng(SEED))
    drawn = [
        {dim.key: dim.at(float(u)) for dim, u in zip(dimensions, place, strict=True)}
        for place in sequence.random(trials - 1)
    ]
    return ({}, *drawn)
