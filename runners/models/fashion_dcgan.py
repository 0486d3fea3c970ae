"""The DCGAN of Géron's Hands-On Machine Learning (chapter 17), for Fashion-MNIST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.models.base import Model

if TYPE_CHECKING:
    import torch
    from torch import nn

SLOPE = 0.2


@dataclass(frozen=True, config=STRICT)
class FashionDCGAN(Model):
    """5x5 stride-2 convolutions between 28 and 7 pixels.

    Generator: a dense layer to 7x7x128, batch norm, a transposed convolution of 64, SELU, batch
    norm, a transposed convolution to the image, tanh; SELU is the second edition's, the third
    has ReLU. Discriminator: convolutions of 64 and 128, each with LeakyReLU(.2) and dropout, a
    dense layer. Initial weights are Keras' default, Glorot's uniform ones.

    Args:
        latent: size of z.
        dropout: share of zeros after each convolution of the discriminator.
    """

    summary: ClassVar[str] = "Géron's DCGAN, dropout in D, 28x28 grey"
    name: Literal["fashion_dcgan"] = "fashion_dcgan"
    latent: Annotated[int, Field(ge=1, le=4096)] = 100
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.4

    def problem(self, shape: tuple[int, ...]) -> str | None:
        """Say why data of ``shape`` do not fit, or return None."""
        from runners.models.fit import misfit

        return misfit(self.name, shape, (28,), (1,))

    def generator(self, shape: tuple[int, ...]) -> nn.Module:  # noqa: ARG002
        """Return G: latents (batch, latent) -> images (batch, 1, 28, 28) in [-1, 1]."""
        from torch import nn

        return nn.Sequential(
            nn.Linear(self.latent, 128 * 7 * 7),
            nn.Unflatten(1, (128, 7, 7)),
            nn.BatchNorm2d(128),
            nn.ConvTranspose2d(128, 64, 5, 2, 2, output_padding=1),
            nn.SELU(),
            nn.BatchNorm2d(64),
            nn.ConvTranspose2d(64, 1, 5, 2, 2, output_padding=1),
            nn.Tanh(),
        )

    def discriminator(self, shape: tuple[int, ...]) -> nn.Module:  # noqa: ARG002
        """Return D: images (batch, 1, 28, 28) -> logits (batch,)."""
        from torch import nn

        from runners.models.dropout import Dropout

        return nn.Sequential(
            nn.Conv2d(1, 64, 5, 2, 2),
            nn.LeakyReLU(SLOPE),
            Dropout(self.dropout),
            nn.Conv2d(64, 128, 5, 2, 2),
            nn.LeakyReLU(SLOPE),
            Dropout(self.dropout),
            nn.Flatten(),
            nn.Linear(128 * 7 * 7, 1),
            nn.Flatten(0),
        )

    def initialise(self, network: nn.Module, draws: torch.Generator) -> None:
        """Draw weights by Glorot & Bengio 2010; zero the biases."""
        from runners.models.initial import glorot

        glorot(network, draws)

    def advance(self, generator: nn.Module, discriminator: nn.Module, step: int) -> None:  # noqa: ARG002
        """Start D's masks of a step."""
        from runners.models.dropout import advance

        advance(discriminator, step)
