"""Multi-layer perceptrons for points in the plane (Gulrajani et al. 2017, arXiv 1704.00028)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.models.base import Model

if TYPE_CHECKING:
    import torch
    from torch import nn


@dataclass(frozen=True, config=STRICT)
class MLP(Model):
    """Dense layers with ReLU in both networks, from He's initial weights (arXiv 1502.01852).

    Args:
        width: units per hidden layer.
        depth: hidden layers.
        latent: size of z.
    """

    summary: ClassVar[str] = "dense layers with ReLU, for points in the plane"
    convolutional: ClassVar[bool] = False
    name: Literal["mlp"] = "mlp"
    width: Annotated[int, Field(ge=1, le=4096)] = 512
    depth: Annotated[int, Field(ge=1, le=16)] = 3
    latent: Annotated[int, Field(ge=1, le=4096)] = 2

    def problem(self, shape: tuple[int, ...]) -> str | None:
        """Say why data of ``shape`` does not fit, or return None."""
        if len(shape) == 1:
            return None
        return f"mlp takes points in the plane, not images of {shape[1]}x{shape[2]}; use dcgan"

    def generator(self, shape: tuple[int, ...]) -> nn.Module:
        """Return G: latents (batch, latent) -> points (batch, 2)."""
        return self._network(self.latent, shape[0])

    def discriminator(self, shape: tuple[int, ...]) -> nn.Module:
        """Return D: points (batch, 2) -> logits (batch,)."""
        from torch import nn

        return self._network(shape[0], 1).append(nn.Flatten(0))

    def initialise(self, network: nn.Module, draws: torch.Generator) -> None:
        """Draw weights from N(0, sqrt(2 / inputs)) and zero the biases."""
        from runners.models.initial import he

        he(network, draws)

    def _network(self, inputs: int, outputs: int) -> nn.Sequential:
        from torch import nn

        layers: list[nn.Module] = []
        for _ in range(self.depth):
            layers += [nn.Linear(inputs, self.width), nn.ReLU()]
            inputs = self.width
        return nn.Sequential(*layers, nn.Linear(inputs, outputs))
