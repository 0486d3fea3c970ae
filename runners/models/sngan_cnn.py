"""The standard CNN of Miyato et al. 2018 (arXiv 1802.05957), as in the authors' code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.models.base import BATCH_NORM, Batchwise, Model

if TYPE_CHECKING:
    import torch
    from torch import nn

INIT_STD = 0.02
SLOPE = 0.1


@dataclass(frozen=True, config=STRICT)
class SNGANCnn(Model):
    """Seven convolutions against three transposed ones, for 32 or 48 pixels.

    Discriminator, at width 64: 3x3 of 64, 4x4 stride-2 of 128, 3x3 of 128, 4x4 stride-2 of 256,
    3x3 of 256, 4x4 stride-2 of 512, 3x3 of 512, LeakyReLU(.1) after each, a dense layer. (The
    paper's table prints 64, 64, 128, 128, 256, 256, 512.) Generator, as in the paper's table: a
    dense layer to an eighth of the image with 512 channels, 4x4 stride-2 transposed convolutions
    of 256, 128 and 64, batch norm and ReLU after each, a 3x3 convolution to the image, tanh.

    Args:
        width: channels of the discriminator's first layer; all others grow with it.
        latent: size of z.
        norm: normalisation in the discriminator after every convolution but the first; as in
            the paper, batch norm has no gain.
    """

    summary: ClassVar[str] = "the SN-GAN paper's standard CNN, 32 or 48 px, sized by width"
    name: Literal["sngan_cnn"] = "sngan_cnn"
    width: Annotated[int, Field(ge=1, le=512)] = 64
    latent: Annotated[int, Field(ge=1, le=4096)] = 128
    norm: Literal["none", "batch"] = "none"

    @property
    def batchwise(self) -> Batchwise | None:
        """Batch norm sees a whole batch."""
        return BATCH_NORM if self.norm == "batch" else None

    def problem(self, shape: tuple[int, ...]) -> str | None:
        """Say why data of ``shape`` do not fit, or return None."""
        from runners.models.fit import misfit

        return misfit(self.name, shape, (32, 48), (1, 3))

    def generator(self, shape: tuple[int, ...]) -> nn.Module:
        """Return G: latents (batch, latent) -> images (batch, *shape) in [-1, 1]."""
        from torch import nn

        from runners.models.layers import Doubling

        colours, size, _ = shape
        base, channels = size // 8, 8 * self.width
        layers: list[nn.Module] = [
            nn.Linear(self.latent, channels * base * base),
            nn.Unflatten(1, (channels, base, base)),
        ]
        for _ in range(3):
            layers += [
                Doubling(channels, channels // 2, bias=False),
                nn.BatchNorm2d(channels // 2),
                nn.ReLU(),
            ]
            channels //= 2
        return nn.Sequential(*layers, nn.Conv2d(channels, colours, 3, 1, 1), nn.Tanh())

    def discriminator(self, shape: tuple[int, ...]) -> nn.Module:
        """Return D: images (batch, *shape) -> logits (batch,)."""
        from torch import nn

        from runners.models.layers import Halving

        channels, size, _ = shape
        layers: list[nn.Module] = []
        for number in range(7):
            width = self.width << (number + 1) // 2
            halving = number % 2 == 1
            layer = Halving(channels, width) if halving else nn.Conv2d(channels, width, 3, 1, 1)
            layers.append(layer)
            layers += [_batch_norm(width)] if number and self.norm == "batch" else []
            layers.append(nn.LeakyReLU(SLOPE))
            channels = width
        head = nn.Linear(channels * (size // 8) ** 2, 1)
        return nn.Sequential(*layers, nn.Flatten(), head, nn.Flatten(0))

    def initialise(self, network: nn.Module, draws: torch.Generator) -> None:
        """Draw weights from N(0, .02); zero the biases."""
        from runners.models.initial import normal

        normal(network, draws, INIT_STD)


def _batch_norm(features: int) -> nn.Module:
    """Return a batch norm with a bias and no gain, which would undo a bound."""
    from torch import nn

    norm = nn.BatchNorm2d(features)
    norm.register_parameter("weight", None)
    return norm
