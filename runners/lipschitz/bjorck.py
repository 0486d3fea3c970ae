"""Björck orthonormalisation with MaxMin activations (Anil et al. 2019, arXiv 1811.05381)."""

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
class Bjorck(Method):
    """Use K times the orthonormal matrix nearest to each weight, and sort in place of ReLU.

    W <- (1 + b) W - b W W' W (Björck & Bowie 1971) on the kernel reshaped to outputs x (inputs *
    height * width), by its smaller side. W is divided first by (sum of sigma_i^8)^(1/8), a norm
    that is never below sigma_1 and, for n singular values, at most n^(1/8) times it (1.7 for 64):
    they then lie in [0, 1], where every step takes them nearer to 1. Orthonormal is the reshaped
    kernel. The norm of the convolution itself is up to ceil(kernel / stride) times K, 2 for 4x4
    at stride 2: the diagnosis shows it as the operator norm.

    ReLU and LeakyReLU become MaxMin, which shrinks no gradient; other activations stay.

    Args:
        scale: K, every singular value asked for.
        beta: b.
        iterations: of that step. With b = .5 small singular values grow by half in each: 20 bring
            to .99 of K what was above .0007 times the divisor. The smallest of a large square
            matrix may not be, and stays small then.
    """

    summary: ClassVar[str] = "K * orthonormal weights by Björck's iteration, MaxMin for ReLU"
    name: Literal["bjorck"] = "bjorck"
    scale: Annotated[float, Field(gt=0)] = 1.0
    beta: Annotated[float, Field(gt=0, le=0.5)] = 0.5
    iterations: Annotated[int, Field(ge=1, le=100)] = 20

    def wrap(self, discriminator: nn.Module, shape: tuple[int, ...]) -> nn.Module:  # noqa: ARG002
        """Orthonormalise every conv and linear layer and put MaxMin in the place of ReLU."""
        from runners.lipschitz.max_min import max_min
        from runners.lipschitz.replaced import replace
        from runners.weights import reparametrise, weight_layers

        replace(discriminator, max_min)
        for _, layer in weight_layers(discriminator):
            reparametrise(layer, self.effective)
        return discriminator

    def effective(self, weight: Tensor) -> Tensor:
        """Return K times the orthonormalised weight; the divisor is constant under autograd."""
        near = weight.flatten(1)
        wide = near.shape[0] <= near.shape[1]
        near = near / _bound(near.detach() if wide else near.detach().T)
        for _ in range(self.iterations):
            cubed = (near @ near.T) @ near if wide else near @ (near.T @ near)
            near = (1 + self.beta) * near - self.beta * cubed
        return self.scale * near.view_as(weight)

    def conformance(
        self,
        discriminator: nn.Module,
        gradients: Mapping[str, float],  # noqa: ARG002
    ) -> dict[str, dict[str, Any]]:
        """Measure the singular value of the reshaped weights that is farthest from K."""
        import torch

        from runners.weights import matrix, singular_values, weight_layers

        layers = [matrix(layer) for _, layer in weight_layers(discriminator)]
        values = torch.cat([singular_values(weight) for weight in layers])
        worst = values[(values - self.scale).abs().argmax()].item()
        what = "singular value, worst of all layers"
        singular = check(what, worst, self.scale, 0.01 * self.scale)
        return {"singular": singular, **no_batch_norms(discriminator)}


def _bound(matrix: Tensor) -> Tensor:
    """Return (sum of sigma_i^8)^(1/8) of a wide matrix without over- or underflow, 1 of zeros."""
    size = matrix.abs().max()
    size = size.where(size > 0, 1.0)
    gram = (matrix / size) @ (matrix / size).T
    bound = size * (gram @ gram).norm().pow(0.25)
    return bound.where(bound > 0, 1.0)
