"""The generator that grows by plain convolutions (Karras et al. 2018, arXiv 1710.10196)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from runners.models.growing import SLOPE, GrowingImages


class ProgressiveGenerator(GrowingImages):
    """Latents to images, by as many levels as its stage says.

    Args:
        latent: size of z.
        channels: of images.
        widths: channels of the features at each level.
    """

    def __init__(self, latent: int, channels: int, widths: Sequence[int]) -> None:
        super().__init__(channels, widths, first=0)
        dense = [nn.Linear(latent, 16 * widths[0]), nn.Unflatten(1, (widths[0], 4, 4))]
        base = nn.Sequential(*dense, *_normal(widths[0]), *_convolution(widths[0], widths[0]))
        doubling = [
            nn.Sequential(
                nn.Upsample(scale_factor=2), *_convolution(before, now), *_convolution(now, now)
            )
            for before, now in pairwise(widths)
        ]
        self.blocks = nn.ModuleList([base, *doubling])

    def forward(self, latents: Tensor) -> Tensor:
        """Return images (batch, channels, size, size) in [-1, 1]."""
        level, _ = self.place()
        coarser = features = latents
        for block in list(self.blocks)[: level + 1]:
            coarser, features = features, block(features)
        return self.images(coarser, features)


def _convolution(features: int, out: int) -> list[nn.Module]:
    return [nn.Conv2d(features, out, 3, padding=1), *_normal(out)]


def _normal(features: int) -> list[nn.Module]:
    return [nn.LeakyReLU(SLOPE), nn.BatchNorm2d(features)]
