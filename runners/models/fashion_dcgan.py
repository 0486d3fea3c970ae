"""The DCGAN of Géron's Hands-On Machine Learning (chapter 17), for Fashion-MNIST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.models.dropout_model import DropoutModel

if TYPE_CHECKING:
    import torch
    from torch import nn


@dataclass(frozen=True, config=STRICT)
class FashionDCGAN(DropoutModel):
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
    kernel: ClassVar[int] = 5
    name: Literal["fashion_dcgan"] = "fashion_dcgan"
    latent: Annotated[int, Field(ge=1, le=4096)] = 100
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.4

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

    def initialise(self, network: nn.Module, draws: torch.Generator) -> None:
        """Draw weights by Glorot & Bengio 2010; zero the biases."""
        from runners.models.initial import glorot

        glorot(network, draws)
