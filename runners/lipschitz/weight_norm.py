"""Weight normalisation (Salimans & Kingma 2016, arXiv 1602.07868), without its gain.

The gain is dropped as in Miyato et al. 2018 (arXiv 1802.05957), where it would undo the bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.lipschitz.base import Method, check

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, config=STRICT)
class WeightNorm(Method):
    """Use w_i / |w_i| for every output row i, times a gain.

    Args:
        learnable_gain: learn one gain a row, started at 1, instead of fixing it at 1;
            a learned gain can violate the constraint.
    """

    summary: ClassVar[str] = "w_i / |w_i| for every output row, gain fixed at 1"
    name: Literal["weight_norm"] = "weight_norm"
    learnable_gain: bool = False

    def wrap(self, discriminator: nn.Module) -> None:
        """Normalise the rows of every conv and linear layer."""
        from runners.lipschitz.effective import reparametrise, weight_layers

        for _, layer in weight_layers(discriminator):
            gain = layer.weight.new_ones(layer.weight.shape[0])
            parameters = {"gain": gain} if self.learnable_gain else {}
            reparametrise(layer, self.effective, parameters=parameters)

    def effective(self, weight: Tensor, gain: Tensor | None = None) -> Tensor:
        """Return the weight with rows of norm 1, or |gain|, by the kernel of torch's own."""
        import torch

        column = (len(weight), *[1] * (weight.dim() - 1))
        gain = weight.new_ones(column) if gain is None else gain.view(column)
        return torch._weight_norm(weight, gain, dim=0)  # pyright: ignore

    def conformance(
        self,
        discriminator: nn.Module,
        gradients: Mapping[str, float],  # noqa: ARG002
    ) -> dict[str, dict[str, Any]]:
        """Measure the row norm farthest from 1; a learnable gain makes no promise."""
        import torch

        from runners.lipschitz.effective import weight_layers

        layers = [layer.weight.detach().flatten(1) for _, layer in weight_layers(discriminator)]
        norms = torch.cat([weight.norm(dim=1) for weight in layers])
        worst = norms[(norms - 1).abs().argmax()].item()
        tolerance = None if self.learnable_gain else 1e-4
        return {"rows": check("row norm, worst row", worst, 1.0, tolerance)}
