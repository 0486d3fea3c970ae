"""Spectral norm with a learned gain, and gradient penalty (arXiv 1802.05957, appendix)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.lipschitz.base import check
from runners.lipschitz.gradient_penalty import GradientPenalty
from runners.lipschitz.spectral_norm import SpectralNorm, leading_vectors

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, config=STRICT)
class SpectralNormGP(GradientPenalty):
    """Use gamma * W / sigma(W) with one gamma learned for each layer, and a gradient penalty.

    The gain undoes the bound of spectral norm, and the penalty asks for another in its place
    (arXiv 1802.05957, appendix: "reparametrization motivated by the spectral normalization").

    Args:
        lambda_gp, centre, one_sided: see
            :class:`runners.lipschitz.gradient_penalty.GradientPenalty`.
        n_power_iterations: see :class:`runners.lipschitz.spectral_norm.SpectralNorm`.
        lazy: see :class:`runners.lipschitz.penalty.Penalty`.
    """

    summary: ClassVar[str] = "gamma * W / sigma(W), gamma learned, and the gradient penalty"
    name: Literal["sn_gp"] = "sn_gp"
    n_power_iterations: Annotated[int, Field(ge=1, le=100)] = 1

    def wrap(self, discriminator: nn.Module, shape: tuple[int, ...]) -> nn.Module:
        """Attach u, v and gamma, which begins at 1, to every conv and linear layer."""
        from runners.weights import reparametrise, weight_layers

        discriminator = super().wrap(discriminator, shape)
        for _, layer in weight_layers(discriminator):
            buffers = leading_vectors(layer.weight.data)
            parameters = {"gamma": layer.weight.new_ones(())}
            reparametrise(layer, self.effective, buffers=buffers, parameters=parameters)
        return discriminator

    def effective(self, weight: Tensor, u: Tensor, v: Tensor, gamma: Tensor) -> Tensor:
        """Return gamma * W / (u' W v), with u and v constant under autograd."""
        return weight * (gamma / u.dot(weight.flatten(1) @ v))

    def project(self, discriminator: nn.Module) -> None:
        """Advance every layer's power iteration on its updated weight."""
        SpectralNorm(n_power_iterations=self.n_power_iterations).project(discriminator)

    def conformance(
        self, discriminator: nn.Module, gradients: Mapping[str, float]
    ) -> dict[str, dict[str, Any]]:
        """Measure what the gradient penalty promises, and the largest sigma that gamma allows."""
        from runners.weights import matrix, singular_values, weight_layers

        layers = [matrix(layer) for _, layer in weight_layers(discriminator)]
        sigma = max(singular_values(weight)[0].item() for weight in layers)
        return {
            **super().conformance(discriminator, gradients),
            "sigma": check("true sigma, largest layer", sigma),
        }
