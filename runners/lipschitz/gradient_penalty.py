"""Gradient penalty on random interpolates (Gulrajani et al. 2017, arXiv 1704.00028)."""

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

NEAR = 0.25  # a penalty asks, it does not enforce: how far its mean may honestly be off


@dataclass(frozen=True, config=STRICT)
class GradientPenalty(SlopePenalty):
    """Add lambda_gp * E[(|grad_x D(x)| - centre)^2] at x = eps * real + (1 - eps) * fake.

    Args:
        lambda_gp: weight of the penalty.
        centre: gradient norm asked for.
        one_sided: penalise only norms above ``centre``.
    """

    summary: ClassVar[str] = "lambda_gp * E[(|grad_x D| - 1)^2] between real and generated images"
    name: Literal["gradient_penalty"] = "gradient_penalty"
    lambda_gp: Annotated[float, Field(gt=0)] = 10.0
    centre: Annotated[float, Field(ge=0)] = 1.0
    one_sided: bool = False

    def term(
        self, discriminator: nn.Module, real: Tensor, fake: Tensor, draws: torch.Generator
    ) -> Tensor:
        """Return the penalty on one batch of interpolates."""
        from runners.input_gradients import input_gradient_norms, interpolates

        x = interpolates(real, fake, draws)
        excess = input_gradient_norms(discriminator, x, create_graph=True) - self.centre
        if self.one_sided:
            excess = excess.relu()
        return self.lambda_gp * excess.square().mean()

    def conformance(
        self,
        discriminator: nn.Module,  # noqa: ARG002
        gradients: Mapping[str, float],
    ) -> dict[str, dict[str, Any]]:
        """Measure how near the mean gradient norm on interpolates is to the centre.

        A centre of 0 is a direction, not a target: a D that tells data apart has a slope.
        """
        mean, what = gradients["input_grad_interpolates"], "mean gradient norm on interpolates"
        if self.one_sided:
            excess = max(0.0, mean - self.centre)
            return {"gradient": check(f"{what} above the centre", excess, 0.0, NEAR)}
        return {"gradient": check(what, mean, self.centre, NEAR if self.centre else None)}
