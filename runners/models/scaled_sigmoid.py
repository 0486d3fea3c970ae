"""A sigmoid over the range of images."""

from __future__ import annotations

from torch import Tensor, nn


class ScaledSigmoid(nn.Module):
    """2 * sigmoid(x) - 1: a sigmoid over [-1, 1] in place of [0, 1]."""

    def forward(self, input: Tensor) -> Tensor:
        """Return numbers in [-1, 1]."""
        return input.sigmoid() * 2 - 1
