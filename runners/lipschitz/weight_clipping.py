"""Weight clipping (Arjovsky, Chintala & Bottou 2017, arXiv 1701.07875, Algorithm 1)."""

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
class WeightClipping(Method):
    """Clip parameters to [-c, c] after each discriminator update.

    Args:
        c: the bound.
        scope: ``weights`` clips conv and linear weights; ``all`` also biases and norm gains.
    """

    summary: ClassVar[str] = "w <- clip(w, -c, c) after each discriminator update"
    name: Literal["weight_clipping"] = "weight_clipping"
    c: Annotated[float, Field(gt=0)] = 0.01
    scope: Literal["weights", "all"] = "weights"

    def project(self, discriminator: nn.Module) -> None:
        """Clip in place; a raw weight that a stabiliser scales, at what makes its product c."""
        from runners.weights import factor, raw_weight, weight_layers

        layers = [layer for _, layer in weight_layers(discriminator)]
        bounds = {raw_weight(layer): self.c / factor(layer) for layer in layers}
        clipped = discriminator.parameters() if self.scope == "all" else bounds
        for parameter in clipped:
            bound = bounds.get(parameter, self.c)
            parameter.data.clamp_(-bound, bound)

    def conformance(
        self,
        discriminator: nn.Module,
        gradients: Mapping[str, float],  # noqa: ARG002
    ) -> dict[str, dict[str, Any]]:
        """Measure how far weights leave [-c, c], and the share of them at its ends."""
        import torch

        from runners.weights import weight_layers

        weights = [layer.weight.detach().flatten() for _, layer in weight_layers(discriminator)]
        sizes = torch.cat(weights).abs()
        excess = max(0.0, sizes.max().item() - self.c)
        share = (sizes >= self.c * (1 - 1e-6)).float().mean().item()
        return {
            "excess": check("largest weight beyond c", excess, 0.0, 1e-6 * self.c),
            "at_bound": check("share of weights at -c or c", share),
        }
