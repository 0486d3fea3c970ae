"""Penalty on the largest gradient of a batch (Zhou et al. 2019, arXiv 1902.05687, 1904.01184)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.lipschitz.base import check
from runners.lipschitz.penalty import SlopePenalty

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


@dataclass(frozen=True, config=STRICT)
class MaxGP(SlopePenalty):
    """Add lambda_gp * (max over the batch of |grad_x D(x)|)^2 at x between real and generated.

    It estimates D's Lipschitz constant and asks for a small one, whatever the others' gradients.

    Args:
        lambda_gp: weight of the penalty.
        lazy: see :class:`runners.lipschitz.penalty.Penalty`.
    """

    summary: ClassVar[str] = "lambda_gp * (max |grad_x D|)^2 between real and generated images"
    promises: ClassVar[bool] = False
    name: Literal["max_gp"] = "max_gp"
    lambda_gp: Annotated[float, Field(gt=0)] = 0.1

    def term(
        self, discriminator: nn.Module, real: Tensor, fake: Tensor, draws: torch.Generator
    ) -> Tensor:
        """Return the penalty on one batch of interpolates."""
        from runners.input_gradients import input_gradient_norms, interpolates

        x = interpolates(real, fake, draws)
        norms = input_gradient_norms(discriminator, x, create_graph=True)
        return self.lambda_gp * norms.max().square()

    def conformance(
        self,
        discriminator: nn.Module,  # noqa: ARG002
        gradients: Mapping[str, float],
    ) -> dict[str, dict[str, Any]]:
        """Measure the largest gradient norm seen; it is made small, which is no number."""
        return {"gradient": check("largest gradient norm", gradients["input_grad_max"])}
