"""Indices of data drawn for scores: the same ones each time."""

from __future__ import annotations

import torch
from torch import Tensor

from runners import seeds


def subset(size: int, count: int, purpose: str, draw: int = 0) -> Tensor:
    """Return ``count`` different indices below ``size``; all of them, in order, if no more.

    Args:
        size: how many data there are.
        count: how many are wanted.
        purpose, draw: of the random numbers.
    """
    if count >= size:
        return torch.arange(size)
    return torch.randperm(size, generator=seeds.draws(0, purpose, draw))[:count]


def copies(size: int, count: int, purpose: str, draw: int = 0) -> Tensor:
    """Return ``count`` indices below ``size``, drawn with replacement."""
    return torch.randint(size, (count,), generator=seeds.draws(0, purpose, draw))
