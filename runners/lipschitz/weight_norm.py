"""Weight normalisation (Salimans & Kingma 2016, arXiv 1602.07868), with a fixed gain.

The learned gain is dropped as in Miyato et al. 2018 (arXiv 1802.05957), where it would undo the
bound; the fixed one is the counterpart of spectral norm's ``scale``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.lipschitz.base import Method, check, no_batch_norms

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, config=STRICT)
class WeightNorm(Method):
    """Use scale * w_i / |w_i| for every output row i.

    Args:
        learnable_gain: learn one gain a row, started at ``scale``, instead of fixing it there;
            a learned gain can violate the constraint.
        scale: the gain of every row, the norm asked for.
    """

    summary: ClassVar[str] = "scale * w_i / |w_i| for every output row"
    name: Literal["weight_norm"] = "weight_norm"
    learnable_gain: bool = False
    scale: Annotated[float, Field(gt=0)] = 1.0

    def wrap(self, discriminator: nn.Module, shape: tuple[int, ...]) -> nn.Module:  # noqa: ARG002
        """Normalise the rows of every conv and linear layer."""
        from runners.weights import reparametrise, weight_layers

        for _, layer in weight_layers(discriminator):
            gain = layer.weight.new_full(layer.weight.shape[:1], self.scale)
            parameters = {"gain": gain} if self.learnable_gain else {}
            reparametrise(layer, self.effective, parameters=parameters)
        return discriminator

    def effective(self, weight: Tensor, gain: Tensor | None = None) -> Tensor:
        """Return the weight with rows of norm ``scale``, or |gain|."""
        column = (len(weight), *[1] * (weight.dim() - 1))
        fixed = gain is None
        return _fused(weight, weight.new_full(column, self.scale) if fixed else gain.view(column))

    def conformance(
        self,
        discriminator: nn.Module,
        gradients: Mapping[str, float],  # noqa: ARG002
    ) -> dict[str, dict[str, Any]]:
        """Measure the row norm farthest from ``scale``; a learnable gain makes no promise."""
        import torch

        from runners.weights import matrix, weight_layers

        layers = [matrix(layer) for _, layer in weight_layers(discriminator)]
        norms = torch.cat([weight.norm(dim=1) for weight in layers])
        worst = norms[(norms - self.scale).abs().argmax()].item()
        tolerance = None if self.learnable_gain else 1e-4 * self.scale
        rows = check("row norm, worst row", worst, self.scale, tolerance)
        return {"rows": rows, **no_batch_norms(discriminator)}


def _fused(weight: Tensor, gain: Tensor) -> Tensor:
    """Return gain * w_i / |w_i| per row, by the kernel of torch's own weight norm.

    The kernel has no public name; composed operations give the same up to rounding in four
    times the time.
    """
    import torch

    return torch._weight_norm(weight, gain, dim=0)  # pyright: ignore
