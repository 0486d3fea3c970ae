"""The usual small WGAN for MNIST (Arjovsky et al. 2017, arXiv 1701.07875, in tutorials)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.models.dropout_model import SLOPE, DropoutModel

if TYPE_CHECKING:
    import torch
    from torch import nn

INIT_STD = 0.02


@dataclass(frozen=True, config=STRICT)
class WGANMnist(DropoutModel):
    """A dense layer to 7x7x256 and three transposed convolutions, against a critic with dropout.

    The networks of TensorFlow's DCGAN tutorial with the kernels of WGAN ones. Generator: batch
    norm and LeakyReLU(.2) after the dense layer and after the transposed convolutions of 128
    (3x3) and 64 (4x4, stride 2), then one to the image (4x4, stride 2), tanh. Critic: 3x3
    stride-2 convolutions of 64 and 128, each with LeakyReLU(.2) and dropout, a dense layer.
    Tutorials differ in the generator's slope (.01 to .3) and in initial weights; here they are
    from N(0, .02).

    Args:
        latent: size of z.
        dropout: share of zeros after each convolution of the critic.
    """

    summary: ClassVar[str] = "the WGAN of MNIST tutorials, dropout in the critic, 28x28 grey"
    name: Literal["wgan_mnist"] = "wgan_mnist"
    latent: Annotated[int, Field(ge=1, le=4096)] = 100
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.3

    def generator(self, shape: tuple[int, ...]) -> nn.Module:  # noqa: ARG002
        """Return G: latents (batch, latent) -> images (batch, 1, 28, 28) in [-1, 1]."""
        from torch import nn

        return nn.Sequential(
            nn.Linear(self.latent, 256 * 7 * 7, bias=False),
            nn.BatchNorm1d(256 * 7 * 7),
            nn.LeakyReLU(SLOPE),
            nn.Unflatten(1, (256, 7, 7)),
            nn.ConvTranspose2d(256, 128, 3, 1, 1, bias=False),
            nn.BatchNorm2d(128),
            nn.LeakyReLU(SLOPE),
            nn.ConvTranspose2d(128, 64, 4, 2, 1, bias=False),
            nn.BatchNorm2d(64),
            nn.LeakyReLU(SLOPE),
            nn.ConvTranspose2d(64, 1, 4, 2, 1),
            nn.Tanh(),
        )

    def initialise(self, network: nn.Module, draws: torch.Generator) -> None:
        """Draw weights from N(0, .02); zero the biases."""
        from runners.models.initial import normal

        normal(network, draws, INIT_STD)
