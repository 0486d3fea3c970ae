"""Orthonormal regularisation (Brock et al. 2016, arXiv 1609.07093; Miyato et al. 2018)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.lipschitz.base import check
from runners.lipschitz.penalty import Penalty

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


@dataclass(frozen=True, config=STRICT)
class Orthonormal(Penalty):
    """Add beta * sum over layers of |W W' - I|_F^2, by the smaller Gram matrix of each weight.

    The paper also starts from orthogonal weights. Here it does not: all methods of a seed start
    from the same raw weights, or more than the method would differ between them.

    Args:
        beta: weight of the penalty.
        lazy: see :class:`runners.lipschitz.penalty.Penalty`.
    """

    summary: ClassVar[str] = "beta * |W W' - I|_F^2, every layer"
    promises: ClassVar[bool] = False
    name: Literal["orthonormal"] = "orthonormal"
    beta: Annotated[float, Field(gt=0)] = 1e-4

    def term(
        self,
        discriminator: nn.Module,
        real: Tensor,
        fake: Tensor,  # noqa: ARG002
        draws: torch.Generator,  # noqa: ARG002
    ) -> Tensor:
        """Return the penalty on the effective weights, in full precision."""
        import torch

        from runners.weights import weight_layers

        with torch.autocast(real.device.type, enabled=False):
            layers = [_from_identity(layer.weight) for _, layer in weight_layers(discriminator)]
            return self.beta * torch.stack(layers).sum()

    def conformance(
        self,
        discriminator: nn.Module,
        gradients: Mapping[str, float],  # noqa: ARG002
    ) -> dict[str, dict[str, Any]]:
        """Measure how far singular values are from 1; a small beta does not bring them there."""
        from runners.weights import matrix, singular_values, weight_layers

        values = [singular_values(matrix(layer)) for _, layer in weight_layers(discriminator)]
        farthest = max((value - 1).abs().max().item() for value in values)
        return {"singular": check("singular value farthest from 1, distance", farthest)}


def _from_identity(weight: Tensor) -> Tensor:
    """Return |W W' - I|_F^2, or |W' W - I|_F^2 where that is smaller."""
    import torch

    wide = weight.flatten(1)
    wide = wide if wide.shape[0] <= wide.shape[1] else wide.T
    return (
        (wide @ wide.T - torch.eye(len(wide), dtype=wide.dtype, device=wide.device)).square().sum()
    )
