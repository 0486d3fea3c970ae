"""The layers of a style-based generator (Karras et al. 2019, arXiv 1812.04948)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from runners.models.growing import SLOPE, GrowingImages

EPSILON = 1e-8


class SlowLinear(nn.Linear):
    """A dense layer that learns at a share of the learning rate: its weights count as that share.

    Adam moves every weight by about the rate, whatever its gradient; so weights that are larger
    by 1 / rate, and counted times rate, move by that share of themselves.
    """

    def __init__(self, features: int, rate: float) -> None:
        super().__init__(features, features)
        self.rate = rate

    def forward(self, input: Tensor) -> Tensor:
        """Return (batch, features)."""
        return functional.linear(input, self.weight * self.rate, self.bias * self.rate)


class Mapping(nn.Sequential):
    """z (batch, size) to the style w of the same size.

    Args:
        size: of z.
        layers: how many.
        rate: share of the learning rate that they learn at.
    """

    def __init__(self, size: int, layers: int, rate: float) -> None:
        dense = ([SlowLinear(size, rate), nn.LeakyReLU(SLOPE)] for _ in range(layers))
        super().__init__(*(module for pair in dense for module in pair))
        self.size = size

    def forward(self, input: Tensor) -> Tensor:
        """Return w of z, which is brought to a mean square of 1 first."""
        return super().forward(input * (input.square().mean(1, keepdim=True) + EPSILON).rsqrt())


def adaptive_instance_norm(features: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Return features with the mean and deviation, per sample and channel, that a style asks for.

    Args:
        features: (batch, channels, height, width).
        scale, shift: (batch, channels).
    """
    normal = functional.instance_norm(features, eps=EPSILON)
    return normal * scale[:, :, None, None] + shift[:, :, None, None]


class Styled(nn.Module):
    """What follows a convolution: noise, LeakyReLU, and the style.

    Args:
        features: channels.
        size: of w.
    """

    def __init__(self, features: int, size: int) -> None:
        super().__init__()
        self.noise = nn.Parameter(torch.zeros(features, 1, 1))
        self.style = nn.Linear(size, 2 * features)
        self.activation = nn.LeakyReLU(SLOPE)

    def forward(self, features: Tensor, w: Tensor, noise: Tensor) -> Tensor:
        """Return features of the same shape.

        Args:
            noise: (batch, pixels), the same for all channels up to their scales.
        """
        added = self.noise * noise.view(-1, 1, *features.shape[2:])
        scale, shift = self.style(w).chunk(2, dim=1)
        return adaptive_instance_norm(self.activation(features + added), 1 + scale, shift)


class StyledLevel(nn.Module):
    """One resolution: two layers, each styled.

    Args:
        first: the first of them, from the level before.
        features: channels.
        size: of w.
    """

    def __init__(self, first: nn.Module, features: int, size: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([first, nn.Conv2d(features, features, 3, padding=1)])
        self.styled = nn.ModuleList([Styled(features, size) for _ in range(2)])

    def forward(self, features: Tensor, ws: Sequence[Tensor], noises: Sequence[Tensor]) -> Tensor:
        """Return features, by the styles and noises of its two layers."""
        for layer, styled, w, noise in zip(self.layers, self.styled, ws, noises, strict=True):
            features = styled(layer(features), w, noise)
        return features


class StyleGenerator(GrowingImages):
    """Latents, which hold all that is random, to images.

    Args:
        mapping: z to w.
        channels: of images.
        widths: channels of the features at each level.
        first: the coarsest level that makes images.
        mixing: probability that two styles are mixed in train mode.
    """

    def __init__(
        self, mapping: Mapping, channels: int, widths: Sequence[int], first: int, mixing: float
    ) -> None:
        super().__init__(channels, widths, first)
        self.mapping, self.mixing = mapping, mixing
        self.constant = nn.Parameter(torch.zeros(1, widths[0], 4, 4))
        firsts = [nn.Identity(), *map(_doubling, widths, widths[1:])]
        self.blocks = nn.ModuleList([
            StyledLevel(first, width, mapping.size)
            for first, width in zip(firsts, widths, strict=True)
        ])  # fmt: skip
        self.pixels = [(4 << level) ** 2 for level in range(len(widths)) for _ in range(2)]

    def forward(self, latents: Tensor) -> Tensor:
        """Return images (batch, channels, size, size) in [-1, 1]."""
        level, _ = self.place()
        size = self.mapping.size
        one, other, choice, *noises = latents.split([size, size, 1, *self.pixels], dim=1)
        ws = self.styles(one, other, choice, 2 * (level + 1))
        coarser = features = self.constant.expand(len(latents), -1, -1, -1)
        for number, block in enumerate(list(self.blocks)[: level + 1]):
            place = slice(2 * number, 2 * number + 2)
            coarser, features = features, block(features, ws[place], noises[place])
        return self.images(coarser, features)

    def styles(self, one: Tensor, other: Tensor, choice: Tensor, layers: int) -> list[Tensor]:
        """Return w of each layer in use, mixed in train mode.

        Args:
            one, other: two z, (batch, size).
            choice: normal numbers (batch, 1) that decide where the other takes over.
            layers: in use.
        """
        w = self.mapping(one)
        if not (self.training and self.mixing):
            return [w] * layers
        after, second = crossover(choice, self.mixing, layers), self.mapping(other)
        return [torch.where(number < after, w, second) for number in range(layers)]


def crossover(choice: Tensor, mixing: float, layers: int) -> Tensor:
    """Return how many layers follow the first style: 1 to layers - 1 alike, or all of them.

    Args:
        choice: normal numbers; by their CDF a share ``mixing`` of them mixes.
    """
    share = torch.special.ndtr(choice) / mixing
    mixed = 1 + (share * (layers - 1)).floor()
    return torch.where(share < 1, mixed, layers)


def _doubling(before: int, now: int) -> nn.Module:
    return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(before, now, 3, padding=1))
