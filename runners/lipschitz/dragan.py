"""DRAGAN's penalty around real images (Kodali et al. 2017, arXiv 1705.07215)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.lipschitz.base import check
from runners.lipschitz.gradient_penalty import NEAR
from runners.lipschitz.penalty import SlopePenalty

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

SPREAD = 0.5  # of the noise, in standard deviations of the batch, as in the authors' code


@dataclass(frozen=True, config=STRICT)
class Dragan(SlopePenalty):
    """Add lambda_gp * E[(|grad_x D(x)| - 1)^2] at x = real + alpha * .5 * std(real) * noise.

    Alpha ~ U[0, 1] is drawn for each image and the noise ~ U[0, 1] for each of its values; std
    is that of the whole batch, one number.

    Args:
        lambda_gp: weight of the penalty.
        lazy: see :class:`runners.lipschitz.penalty.Penalty`.
    """

    summary: ClassVar[str] = "lambda_gp * E[(|grad_x D| - 1)^2] around real images"
    name: Literal["dragan"] = "dragan"
    lambda_gp: Annotated[float, Field(gt=0)] = 10.0

    def term(
        self,
        discriminator: nn.Module,
        real: Tensor,
        fake: Tensor,  # noqa: ARG002
        draws: torch.Generator,
    ) -> Tensor:
        """Return the penalty on one batch of perturbed real data."""
        from runners.input_gradients import input_gradient_norms

        norms = input_gradient_norms(discriminator, perturbed(real, draws), create_graph=True)
        return self.lambda_gp * (norms - 1).square().mean()

    def conformance(
        self,
        discriminator: nn.Module,  # noqa: ARG002
        gradients: Mapping[str, float],
    ) -> dict[str, dict[str, Any]]:
        """Measure how near the mean gradient norm is to 1 on real images, where alpha is 0."""
        what = "mean gradient norm on real images"
        return {"gradient": check(what, gradients["input_grad_real"], 1.0, NEAR)}


def perturbed(real: Tensor, draws: torch.Generator) -> Tensor:
    """Return real + alpha * .5 * std(real) * U[0, 1]^d, alpha ~ U[0, 1] for each sample."""
    import torch

    alpha = torch.rand(len(real), *[1] * (real.dim() - 1), generator=draws, dtype=real.dtype)
    noise = torch.rand(real.shape, generator=draws, dtype=real.dtype)
    spread = SPREAD * real.std(correction=0)
    return real + spread * (alpha * noise).to(real.device)
