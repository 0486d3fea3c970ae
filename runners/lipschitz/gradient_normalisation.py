"""Gradient normalisation (Wu et al. 2021, arXiv 2109.02235)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.lipschitz.base import Method, check

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, config=STRICT)
class GradientNormalisation(Method):
    """Use K * D(x) / (|grad D(x)| + |D(x)|) for D, so that logits lie within -K and K.

    Proven, for a piecewise linear D (convolutions, dense layers, ReLU, LeakyReLU): inside each
    piece the gradient norm is at most K. Not proven, and not true in general: that the whole is
    K-Lipschitz. The gradient of D is another one in the next piece, so that the quotient jumps
    where pieces meet, unless D is 0 there. Of other activations and norms nothing is proven.

    Args:
        scale: K.
    """

    summary: ClassVar[str] = "K * D / (|grad D| + |D|)"
    per_sample_gradient: ClassVar[bool] = True
    name: Literal["gradient_normalisation"] = "gradient_normalisation"
    scale: Annotated[float, Field(gt=0)] = 1.0

    def wrap(self, discriminator: nn.Module, shape: tuple[int, ...]) -> nn.Module:  # noqa: ARG002
        """Put the normalisation around D, whose LeakyReLU is written for second derivatives."""
        from runners.lipschitz.gradient_normalised import GradientNormalised
        from runners.lipschitz.piecewise_linear import write_piecewise_linear

        write_piecewise_linear(discriminator)
        return GradientNormalised(discriminator, self.scale)

    def conformance(
        self,
        discriminator: nn.Module,  # noqa: ARG002
        gradients: Mapping[str, float],
    ) -> dict[str, dict[str, Any]]:
        """Measure how far the largest gradient norm seen exceeds K."""
        excess = max(0.0, gradients["input_grad_max"] - self.scale)
        what = "largest gradient norm beyond K"
        return {"gradient": check(what, excess, 0.0, 1e-3 * self.scale)}
