"""Spectral norm regularisation (Yoshida & Miyato 2017, arXiv 1705.10941)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.lipschitz.base import check
from runners.lipschitz.penalty import Penalty
from runners.lipschitz.spectral_norm import leading_vectors, power_iterate

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


@dataclass(frozen=True, config=STRICT)
class SpectralRegularisation(Penalty):
    """Add lambda_sigma/2 * sum over layers of sigma(W)^2.

    Sigma is estimated as spectral norm does it: u and v are buffers of each layer, constant under
    autograd, and advance once per discriminator update.

    Args:
        lambda_sigma: twice the weight of the squared norms.
        n_power_iterations: iterations per discriminator update.
        lazy: see :class:`runners.lipschitz.penalty.Penalty`.
    """

    summary: ClassVar[str] = "lambda_sigma/2 * sigma(W)^2, every layer"
    promises: ClassVar[bool] = False
    name: Literal["spectral_regularisation"] = "spectral_regularisation"
    lambda_sigma: Annotated[float, Field(gt=0)] = 0.01
    n_power_iterations: Annotated[int, Field(ge=1, le=100)] = 1

    def wrap(self, discriminator: nn.Module, shape: tuple[int, ...]) -> nn.Module:  # noqa: ARG002
        """Give every conv and linear layer its u and v."""
        from runners.weights import weight_layers

        for _, layer in weight_layers(discriminator):
            for name, vector in leading_vectors(layer.weight.data).items():
                layer.register_buffer(name, vector)
        return discriminator

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
            sigmas = [
                layer.get_buffer("u").dot(layer.weight.flatten(1) @ layer.get_buffer("v"))
                for _, layer in weight_layers(discriminator)
            ]
            return self.lambda_sigma / 2 * torch.stack(sigmas).square().sum()

    def project(self, discriminator: nn.Module) -> None:
        """Advance every layer's power iteration on its updated weight."""
        from runners.weights import matrix, weight_layers

        for _, layer in weight_layers(discriminator):
            u, v = layer.get_buffer("u"), layer.get_buffer("v")
            power_iterate(matrix(layer), u, v, self.n_power_iterations)

    def conformance(
        self,
        discriminator: nn.Module,
        gradients: Mapping[str, float],  # noqa: ARG002
    ) -> dict[str, dict[str, Any]]:
        """Measure the largest sigma; it is made small, which is no number."""
        from runners.weights import matrix, singular_values, weight_layers

        layers = [matrix(layer) for _, layer in weight_layers(discriminator)]
        sigma = max(singular_values(weight)[0].item() for weight in layers)
        return {"sigma": check("true sigma, largest layer", sigma)}
