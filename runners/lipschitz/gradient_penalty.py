"""Gradient penalty on random interpolates (Gulrajani et al. 2017, arXiv 1704.00028)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.lipschitz.base import Method, check

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

NEAR = 0.25  # a penalty asks, it does not enforce: how far its mean may honestly be off


@dataclass(frozen=True, config=STRICT)
class GradientPenalty(Method):
    """Add lambda_gp * E[(|grad_x D(x)| - centre)^2] at x = eps * real + (1 - eps) * fake.

    Args:
        lambda_gp: weight of the penalty.
        centre: gradient norm asked for.
        one_sided: penalise only norms above ``centre``.
    """

    summary: ClassVar[str] = "lambda_gp * E[(|grad_x D| - 1)^2] between real and generated images"
    per_sample_gradient: ClassVar[bool] = True
    name: Literal["gradient_penalty"] = "gradient_penalty"
    lambda_gp: Annotated[float, Field(gt=0)] = 10.0
    centre: Annotated[float, Field(ge=0)] = 1.0
    one_sided: bool = False

    def wrap(self, discriminator: nn.Module, shape: tuple[int, ...]) -> nn.Module:  # noqa: ARG002
        """Write LeakyReLU so that no second derivative is computed where it is zero."""
        from torch.nn import LeakyReLU

        from runners.lipschitz.piecewise_linear import PiecewiseLinear

        for parent in list(discriminator.modules()):
            for name, child in parent.named_children():
                if isinstance(child, LeakyReLU):
                    setattr(parent, name, PiecewiseLinear(child.negative_slope))
        return discriminator

    def penalty(
        self,
        discriminator: nn.Module,
        real: Tensor,
        fake: Tensor,
        draws: torch.Generator,
        update: int,  # noqa: ARG002
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
        """Measure how near the mean gradient norm on interpolates is to the centre."""
        mean, what = gradients["input_grad_interpolates"], "mean gradient norm on interpolates"
        if self.one_sided:
            excess = max(0.0, mean - self.centre)
            return {"gradient": check(f"{what} above the centre", excess, 0.0, NEAR)}
        return {"gradient": check(what, mean, self.centre, NEAR)}
