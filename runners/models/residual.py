"""Residual blocks, and the pooling after the last one."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor, nn


class Residual(nn.Module):
    """branch(x) + shortcut(x)."""

    def __init__(self, branch: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.branch, self.shortcut = branch, shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum of both ways."""
        return self.branch(x) + self.shortcut(x)

    def lipschitz_bound(self, of: Callable[[nn.Module], float]) -> float:
        """Return the sum of both ways' constants."""
        return of(self.branch) + of(self.shortcut)


class SumPool(nn.Module):
    """The sum of each channel over all pixels.

    Args:
        pixels: of an input, height times width.
    """

    def __init__(self, pixels: int) -> None:
        super().__init__()
        self.pixels = pixels

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, channels)."""
        return x.sum(dim=(2, 3))

    def lipschitz_bound(self, of: Callable[[nn.Module], float]) -> float:  # noqa: ARG002
        """Return the norm of a row of as many ones as there are pixels."""
        return math.sqrt(self.pixels)
