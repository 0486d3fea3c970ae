"""The halves of a pair that grows, as far as all such pairs share them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from runners.on_host import OnHost

SLOPE = 0.2
HALVED = 0.5
"""Operator norm of averaging 2x2 pixels: orthogonal rows of four times 1/4, each of norm 1/2."""


class Grows(OnHost):
    """A network with a stage, as ``runners.models.grown`` explains it.

    The stage is a buffer, so that a copy takes it along and an average of the network follows it;
    it is not stored, for the step says what it is.

    Args:
        levels: resolutions above 4 pixels.
    """

    on_host = ("stage",)

    def __init__(self, levels: int) -> None:
        super().__init__()
        self.levels = levels
        self.stage: Tensor
        stage = torch.tensor(float(levels), dtype=torch.float64)
        self.register_buffer("stage", stage, persistent=False)

    def place(self) -> tuple[int, float]:
        """Return the finest level in use, and its weight alpha: above 0, and 1 once it is in."""
        stage = self.stage.item()
        level = math.ceil(stage)
        return level, stage - level + 1


class GrowingImages(Grows):
    """The end of a growing G: features to images in [-1, 1].

    Args:
        channels: of images.
        widths: channels of the features at each level.
        first: the coarsest level that makes images.
    """

    def __init__(self, channels: int, widths: Sequence[int], first: int) -> None:
        super().__init__(len(widths) - 1)
        self.to_image = nn.ModuleDict({
            str(level): nn.Conv2d(widths[level], channels, 1)
            for level in range(first, len(widths))
        })  # fmt: skip

    def images(self, coarser: Tensor, finest: Tensor) -> Tensor:
        """Return images of full size.

        Args:
            coarser: features of the level before the finest, which count while that fades in.
            finest: features of the finest level in use.
        """
        level, alpha = self.place()
        images = self.to_image[str(level)](finest)
        if alpha < 1:
            before = enlarged(self.to_image[str(level - 1)](coarser), 1)
            images = alpha * images + (1 - alpha) * before
        return enlarged(images, self.levels - level).tanh()


class GrowingFeatures(Grows):
    """The beginning of a growing D: images of full size to features at 4 pixels.

    Args:
        channels: of images.
        widths: channels of the features at each level.
        first: the coarsest level that sees images.
    """

    def __init__(self, channels: int, widths: Sequence[int], first: int) -> None:
        super().__init__(len(widths) - 1)
        self.from_image = nn.ModuleDict({
            str(level): nn.Sequential(nn.Conv2d(channels, widths[level], 1), nn.LeakyReLU(SLOPE))
            for level in range(first, len(widths))
        })  # fmt: skip
        self.blocks = nn.ModuleDict({
            str(level): _halving(widths[level], widths[level - 1])
            for level in range(1, len(widths))
        })  # fmt: skip

    def forward(self, images: Tensor) -> Tensor:
        """Return features (batch, channels at 4 pixels, 4, 4)."""
        level, alpha = self.place()
        seen = averaged_down(images, self.levels - level)
        features = self.from_image[str(level)](seen)
        if level:
            features = self.blocks[str(level)](features)
        if alpha < 1:
            before = self.from_image[str(level - 1)](averaged_down(seen, 1))
            features = alpha * features + (1 - alpha) * before
        for coarser in range(level - 1, 0, -1):
            features = self.blocks[str(coarser)](features)
        return features

    def lipschitz_bound(self, of: Callable[[nn.Module], float]) -> float:
        """Return a bound of the whole at the present stage."""
        level, alpha = self.place()
        bound = of(self.from_image[str(level)])
        if level:
            bound *= of(self.blocks[str(level)])
        if alpha < 1:
            before = HALVED * of(self.from_image[str(level - 1)])
            bound = alpha * bound + (1 - alpha) * before
        coarser = math.prod(of(self.blocks[str(number)]) for number in range(1, level))
        return HALVED ** (self.levels - level) * bound * coarser


class Halved(nn.Module):
    """The mean of every 2x2 pixels."""

    def forward(self, features: Tensor) -> Tensor:
        """Return features of half the size."""
        return averaged_down(features, 1)

    def lipschitz_bound(self, of: Callable[[nn.Module], float]) -> float:  # noqa: ARG002
        """Return its operator norm."""
        return HALVED


def _halving(features: int, out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(features, features, 3, padding=1),
        nn.LeakyReLU(SLOPE),
        nn.Conv2d(features, out, 3, padding=1),
        nn.LeakyReLU(SLOPE),
        Halved(),
    )


def averaged_down(images: Tensor, levels: int) -> Tensor:
    """Return images of 2^levels times fewer pixels a side, each the mean of those it stands for."""
    return functional.avg_pool2d(images, 1 << levels) if levels else images


def enlarged(images: Tensor, levels: int) -> Tensor:
    """Return images of 2^levels times as many pixels a side, each pixel repeated."""
    return functional.interpolate(images, scale_factor=1 << levels) if levels else images
