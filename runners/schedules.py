"""Schedules of the learning rate: what share of it G and D use at a step; one line each here."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT, Component


@dataclass(frozen=True, config=STRICT)
class Schedule(Component):
    """A share of the learning rates of both optimisers, a function of the step alone.

    Args:
        warmup: steps over which the share first rises from 0 to 1, linearly.
    """

    summary: ClassVar[str] = ""
    warmup: Annotated[int, Field(ge=0)] = 0

    def factor(self, step: int, steps: int) -> float:
        """Return the share of the learning rates at a generator step and its updates of D.

        Args:
            step: the step that begins, from 1 to ``steps``.
            steps: of the whole run.
        """
        if step <= self.warmup:
            return step / self.warmup
        return self.decay((step - self.warmup) / (steps - self.warmup))

    def decay(self, share: float) -> float:
        """Return the share of the learning rates when a share of the steps after warm-up is done.

        Args:
            share: above 0; 1 at the last step.
        """
        raise NotImplementedError(f"{type(self).__name__} has no decay")

    def problem(self, steps: int) -> str | None:
        """Say why a run of so many steps cannot follow it, or return None."""
        if self.warmup <= steps:
            return None
        return f"warmup takes {self.warmup} steps, but a run has {steps}"


@dataclass(frozen=True, config=STRICT)
class Constant(Schedule):
    """The learning rates as they are."""

    summary: ClassVar[str] = "the learning rates as they are"
    name: Literal["constant"] = "constant"

    def decay(self, share: float) -> float:  # noqa: ARG002
        """Return 1."""
        return 1.0


@dataclass(frozen=True, config=STRICT)
class Linear(Schedule):
    """A straight line to 0 at the last step, as in the released code of arXiv 1802.05957."""

    summary: ClassVar[str] = "linear decay to 0 at the last step"
    name: Literal["linear"] = "linear"

    def decay(self, share: float) -> float:
        """Return 1 - share."""
        return 1.0 - share


@dataclass(frozen=True, config=STRICT)
class Cosine(Schedule):
    """Half a cosine to 0 at the last step (Loshchilov & Hutter 2017, arXiv 1608.03983)."""

    summary: ClassVar[str] = "half a cosine to 0 at the last step"
    name: Literal["cosine"] = "cosine"

    def decay(self, share: float) -> float:
        """Return (1 + cos(pi share)) / 2."""
        return 0.5 * (1.0 + math.cos(math.pi * share))


SCHEDULES: dict[str, type[Schedule]] = {"constant": Constant, "linear": Linear, "cosine": Cosine}
