"""Dense networks for 28x28 images, the first GAN of Géron's Hands-On Machine Learning."""

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
class Dense(Model):
    """Dense layers 100, 150 and 784 against 150, 100 and 1, with GELU (arXiv 1606.08415) between.

    The generator ends in a sigmoid scaled to [-1, 1]. Initial weights are He's.

    Args:
        latent: size of z.
    """

    summary: ClassVar[str] = "dense layers with GELU, 28x28 grey"
    convolutional: ClassVar[bool] = False
    name: Literal["dense"] = "dense"
    latent: Annotated[int, Field(ge=1, le=4096)] = 30

    def problem(self, shape: tuple[int, ...]) -> str | None:
        """Say why data of ``shape`` do not fit, or return None."""
        from runners.models.fit import misfit

        return misfit(self.name, shape, (28,), (1,))

    def generator(self, shape: tuple[int, ...]) -> nn.Module:  # noqa: ARG002
        """Return G: latents (batch, latent) -> images (batch, 1, 28, 28) in [-1, 1]."""
        from torch import nn

        from runners.models.scaled_sigmoid import ScaledSigmoid

        return nn.Sequential(
            nn.Linear(self.latent, 100),
            nn.GELU(),
            nn.Linear(100, 150),
            nn.GELU(),
            nn.Linear(150, 28 * 28),
            ScaledSigmoid(),
            nn.Unflatten(1, (1, 28, 28)),
        )

    def discriminator(self, shape: tuple[int, ...]) -> nn.Module:  # noqa: ARG002
        """Return D: images (batch, 1, 28, 28) -> logits (batch,)."""
        from torch import nn

        return nn.Sequential(
            nn.Flatten(),
            nn.Linear(28 * 28, 150),
            nn.GELU(),
            nn.Linear(150, 100),
            nn.GELU(),
            nn.Linear(100, 1),
            nn.Flatten(0),
        )

    def initialise(self, network: nn.Module, draws: torch.Generator) -> None:
        """Draw weights from N(0, sqrt(2 / inputs)); zero the biases."""
        from runners.models.initial import he

        he(network, draws)
