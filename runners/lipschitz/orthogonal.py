"""Orthogonal layers of the orthogonium library (Boissin et al. 2025, arXiv 2501.07930).

Chosen over deel-torchlip 1.0.5, which has the same layers and the same licence (MIT), because its
parametrisation is a function of the weight alone: with QR it keeps no state. deel-torchlip's, and
orthogonium's own default, change vectors in every forward pass, so that losses, penalties and
diagnostics would disturb training. orthogonium's exactly orthogonal strided convolutions (AOC) are
not used: their weights are projectors of other shapes and cannot start from the shared ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.errors import UserProblem
from runners.lipschitz.base import Method, check, no_batch_norms

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, config=STRICT)
class Orthogonal(Method):
    """Use K * Q / sqrt(overlaps) for Q the orthonormal factor of the reshaped kernel's QR.

    This is the reshaped kernel orthogonalisation (RKO) of orthogonium. Overlaps is the number of
    windows that can meet one pixel, ceil(kernel / stride) an axis, so that each layer is
    K-Lipschitz. Dense layers and convolutions whose windows do not overlap are K times an
    orthogonal map; where they do (4x4 at stride 2) K is the bound and most gradients shrink.
    ReLU and LeakyReLU become MaxMin, which shrinks none.

    Args:
        scale: K.
    """

    summary: ClassVar[str] = "K * orthogonal layers (RKO, QR) by orthogonium, MaxMin for ReLU"
    library: ClassVar[str] = "orthogonium"
    name: Literal["orthogonal"] = "orthogonal"
    scale: Annotated[float, Field(gt=0)] = 1.0

    def wrap(self, discriminator: nn.Module, shape: tuple[int, ...]) -> nn.Module:  # noqa: ARG002
        """Orthogonalise every conv and linear layer and put MaxMin in the place of ReLU.

        Raises:
            UserProblem: the library is not installed.
        """
        if problem := self.lacking():
            raise UserProblem(problem)
        from runners.lipschitz.max_min import max_min
        from runners.lipschitz.replaced import replace
        from runners.weights import reparametrise, weight_layers

        replace(discriminator, max_min)
        for _, layer in weight_layers(discriminator):
            reparametrise(layer, partial(self.effective, _parametrisation(layer)))
        return discriminator

    def effective(self, orthonormal: Callable[[Tensor], Tensor], weight: Tensor) -> Tensor:
        """Return K times the orthonormalised weight, over the root of its overlaps."""
        return self.scale * orthonormal(weight)

    def conformance(
        self,
        discriminator: nn.Module,
        gradients: Mapping[str, float],  # noqa: ARG002
    ) -> dict[str, dict[str, Any]]:
        """Measure the singular value, times the root of overlaps, that is farthest from K."""
        import torch

        from runners.linear_map import overlaps
        from runners.weights import matrix, singular_values, weight_layers

        values = torch.cat([
            singular_values(group) * overlaps(layer) ** 0.5
            for _, layer in weight_layers(discriminator)
            for group in matrix(layer).chunk(getattr(layer, "groups", 1))
        ])  # fmt: skip
        worst = values[(values - self.scale).abs().argmax()].item()
        what = "singular value by the root of overlaps, worst of all layers"
        singular = check(what, worst, self.scale, 0.01 * self.scale)
        return {"singular": singular, **no_batch_norms(discriminator)}


def _parametrisation(layer: Any) -> Callable[[Tensor], Tensor]:
    """Return the library's map from a layer's weight to the orthogonal one of the same shape."""
    from orthogonium.layers.conv.AOC.rko_conv import RKOParametrizer  # pyright: ignore
    from orthogonium.reparametrizers import (  # pyright: ignore
        BatchedIdentity,
        BatchedQROrthogonalization,
        OrthoParams,
    )

    from runners.linear_map import overlaps

    stateless = OrthoParams(BatchedIdentity, BatchedQROrthogonalization)  # pyright: ignore
    shape = (*layer.weight.shape, 1, 1)[:4]
    groups = getattr(layer, "groups", 1)
    kernel = RKOParametrizer(shape, groups, overlaps(layer) ** -0.5, stateless)
    return lambda weight: kernel(weight.contiguous()).view(weight.shape)  # it takes no other layout
