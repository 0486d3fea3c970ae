"""R1 and R2 together (Huang et al. 2024, arXiv 2501.05441), there with the relativistic loss."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.lipschitz.zero_centred import ZeroCentred


@dataclass(frozen=True, config=STRICT)
class R1R2(ZeroCentred):
    """Add gamma/2 * (E[|grad_x D(x)|^2] over real x + the same over generated x).

    Args:
        gamma: twice the weight of the squared norm.
        lazy: see :class:`runners.lipschitz.penalty.Penalty`.
    """

    summary: ClassVar[str] = "gamma/2 * E[|grad_x D|^2] on real and on generated images"
    at: ClassVar[tuple[str, ...]] = ("real", "fake")
    name: Literal["r1_r2"] = "r1_r2"
