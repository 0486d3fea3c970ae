"""The layers that touch an image, and how tensors lie in memory.

A blocked convolution kernel stands mostly idle over one or three channels. Below 16 pixels
these layers are one matrix product each, measured faster on CPUs; from 16 pixels on the
networks keep channels last instead, and use torch's own kernels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

CHANNELS_LAST_FROM = 16  # pixels


def memory_format(shape: tuple[int, ...]) -> torch.memory_format:
    """Return how networks for data of ``shape`` keep their weights and activations."""
    image = len(shape) == 3 and shape[-1] >= CHANNELS_LAST_FROM
    return torch.channels_last if image else torch.contiguous_format


def from_image(size: int) -> type[nn.Conv2d]:
    """Return the class of the convolution over images of ``size`` pixels."""
    return nn.Conv2d if size >= CHANNELS_LAST_FROM else FromImage


def to_image(size: int) -> type[nn.ConvTranspose2d]:
    """Return the class of the transposed convolution that makes images of ``size`` pixels."""
    return nn.ConvTranspose2d if size >= CHANNELS_LAST_FROM else ToImage


class FromImage(nn.Conv2d):
    """A 4x4 stride-2 convolution as a product with unfolded patches."""

    def forward(self, input: Tensor) -> Tensor:
        """Return (n, out_channels, height / 2, width / 2)."""
        height, width = input.shape[2] // 2, input.shape[3] // 2
        patches = functional.unfold(input, 4, padding=1, stride=2)
        out = self.weight.flatten(1) @ patches + self.bias[:, None]  # pyright: ignore
        return out.unflatten(2, (height, width))


class ToImage(nn.ConvTranspose2d):
    """A 4x4 stride-2 transposed convolution as a product that is folded into the image."""

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:  # noqa: ARG002
        """Return (n, out_channels, 2 * height, 2 * width)."""
        size = (2 * input.shape[2], 2 * input.shape[3])
        patches = self.weight.flatten(1).T @ input.flatten(2)
        image = functional.fold(patches, size, 4, padding=1, stride=2)
        return image + self.bias[:, None, None]  # pyright: ignore
