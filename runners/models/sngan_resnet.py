"""The ResNets of Miyato et al. 2018 (arXiv 1802.05957), as in the authors' code."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.models.base import Model

if TYPE_CHECKING:
    import torch
    from torch import nn


@dataclass(frozen=True, config=STRICT)
class SNGANResNet(Model):
    """Residual blocks of two 3x3 convolutions with ReLU before each, for 32 or 48 pixels.

    Generator: a dense layer to an eighth of the image, three blocks that double the size (batch
    norm before each ReLU), batch norm, ReLU, a 3x3 convolution to the image, tanh; at 32 px all
    of 256 channels, at 48 px 512, then 256, 128 and 64. Discriminator: at 32 px four blocks of
    128, the first two halving the size; at 48 px five of 64, 128, 256, 512 and 1024, all but the
    last halving it; then ReLU, the sum over pixels, and a dense layer without bias. Sizes are
    halved by averages and doubled by repetition. The first block of the discriminator starts
    without ReLU; shortcuts are 1x1 convolutions where size or width changes, else nothing.
    Weights are Glorot's uniform ones, sqrt(2) as large in the blocks' 3x3 convolutions.

    Args:
        width: of the discriminator's blocks at 32 px; all other widths grow with it.
        latent: size of z.
    """

    summary: ClassVar[str] = "the SN-GAN paper's ResNets, 32 or 48 px, sized by width"
    name: Literal["sngan_resnet"] = "sngan_resnet"
    width: Annotated[int, Field(ge=2, le=512, multiple_of=2)] = 128
    latent: Annotated[int, Field(ge=1, le=4096)] = 128

    def problem(self, shape: tuple[int, ...]) -> str | None:
        """Say why data of ``shape`` do not fit, or return None."""
        from runners.models.fit import misfit

        return misfit(self.name, shape, (32, 48), (1, 3))

    def generator(self, shape: tuple[int, ...]) -> nn.Module:
        """Return G: latents (batch, latent) -> images (batch, *shape) in [-1, 1]."""
        from torch import nn

        colours, size, _ = shape
        base, wide = size // 8, self.width
        widths = [2 * wide] * 4 if size == 32 else [4 * wide, 2 * wide, wide, wide // 2]
        return nn.Sequential(
            nn.Linear(self.latent, widths[0] * base * base),
            nn.Unflatten(1, (widths[0], base, base)),
            *(_up(*pair) for pair in pairwise(widths)),
            nn.BatchNorm2d(widths[-1]),
            nn.ReLU(),
            nn.Conv2d(widths[-1], colours, 3, 1, 1),
            nn.Tanh(),
        )

    def discriminator(self, shape: tuple[int, ...]) -> nn.Module:
        """Return D: images (batch, *shape) -> logits (batch,)."""
        from torch import nn

        from runners.models.residual import SumPool

        channels, size, _ = shape
        halvings = 2 if size == 32 else 4
        widths = [self.width] * 4 if size == 32 else [self.width << n >> 1 for n in range(5)]
        blocks = []
        for number, width in enumerate(widths):
            blocks.append(_down(channels, width, first=number == 0, halve=number < halvings))
            channels = width
        pool = SumPool((size >> halvings) ** 2)
        head = nn.Linear(channels, 1, bias=False)
        return nn.Sequential(*blocks, nn.ReLU(), pool, head, nn.Flatten(0))

    def initialise(self, network: nn.Module, draws: torch.Generator) -> None:
        """Draw weights by Glorot & Bengio 2010, wider in the blocks; zero the biases."""
        from runners.models.initial import glorot
        from runners.models.residual import Residual
        from runners.weights import weight_layers

        blocks = [module for module in network.modules() if isinstance(module, Residual)]
        glorot(network, draws, {layer for b in blocks for _, layer in weight_layers(b.branch)})


def _up(channels: int, width: int) -> nn.Module:
    """Return a block of the generator, which doubles the size.

    A 1x1 convolution commutes with repetition, and is a quarter of the work before it.
    """
    from torch import nn

    from runners.models.residual import Residual

    branch = nn.Sequential(
        nn.BatchNorm2d(channels),
        nn.ReLU(),
        nn.Upsample(scale_factor=2),
        nn.Conv2d(channels, width, 3, 1, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Conv2d(width, width, 3, 1, 1),
    )
    shortcut = nn.Sequential(nn.Conv2d(channels, width, 1), nn.Upsample(scale_factor=2))
    return Residual(branch, shortcut)


def _down(channels: int, width: int, first: bool, halve: bool) -> nn.Module:
    """Return a block of the discriminator.

    A 1x1 convolution commutes with averages, and is a quarter of the work after them.

    Args:
        channels, width: of its input and output.
        first: whether its input is an image, which no ReLU should clip.
        halve: whether it halves the size.
    """
    from torch import nn

    from runners.models.residual import Residual

    inner = width if first else channels
    pool = [nn.AvgPool2d(2)] if halve else []
    convolutions = [nn.Conv2d(channels, inner, 3, 1, 1), nn.Conv2d(inner, width, 3, 1, 1)]
    start = [] if first else [nn.ReLU()]
    branch = nn.Sequential(*start, convolutions[0], nn.ReLU(), convolutions[1], *pool)
    if not halve and channels == width:
        return Residual(branch, nn.Identity())
    return Residual(branch, nn.Sequential(*pool, nn.Conv2d(channels, width, 1)))
