"""R2 (Mescheder, Geiger & Nowozin 2018, arXiv 1801.04406)."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.lipschitz.zero_centred import ZeroCentred


@dataclass(frozen=True, config=STRICT)
class R2(ZeroCentred):
    """Add gamma/2 * E[|grad_x D(x)|^2] over generated x.

    Args:
        gamma: twice the weight of the squared norm.
        lazy: see :class:`runners.lipschitz.penalty.Penalty`.
    """

    summary: ClassVar[str] = "gamma/2 * E[|grad_x D|^2] on generated images"
    at: ClassVar[tuple[str, ...]] = ("fake",)
    name: Literal["r2"] = "r2"
