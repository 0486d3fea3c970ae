"""MaxMin: GroupSort of groups of two (Anil, Lucas & Grosse 2019, arXiv 1811.05381)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn


class MaxMin(nn.Module):
    """Sort channels 2i and 2i + 1, larger first; an odd last channel stays as it is.

    At each point it is a permutation, so that it changes no gradient's norm.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return x (batch, channels, ...) with every pair of channels sorted."""
        paired = x.shape[1] // 2 * 2
        a, b = x[:, 0:paired:2], x[:, 1:paired:2]
        pairs = torch.stack([torch.maximum(a, b), torch.minimum(a, b)], dim=2).flatten(1, 2)
        return torch.cat([pairs, x[:, paired:]], dim=1) if paired < x.shape[1] else pairs

    def lipschitz_bound(self, of: Callable[[nn.Module], float]) -> float:  # noqa: ARG002
        """Return 1."""
        return 1.0


def max_min(module: nn.Module) -> MaxMin | None:
    """Return what stands for an activation that shrinks gradients, None for another module."""
    return MaxMin() if isinstance(module, nn.ReLU | nn.LeakyReLU) else None
