"""No constraint: the control of every ablation."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.lipschitz.base import Method


@dataclass(frozen=True, config=STRICT)
class Unconstrained(Method):
    """The plain discriminator."""

    summary: ClassVar[str] = "no constraint, the control"
    promises: ClassVar[bool] = False
    name: Literal["none"] = "none"
