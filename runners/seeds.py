"""Every random number of a run comes from a generator keyed by (seed, purpose, step).

The method is never part of the key, so all methods of a seed share initial weights, data
order and latents; and nothing drawn for a diagnostic can disturb the next step (the idea of
NVlabs/edm2's per-sample generators).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


def key(seed: int, purpose: str, step: int = 0) -> int:
    """Return a 63-bit key; distinct arguments give independent keys."""
    digest = hashlib.sha256(f"{seed}/{purpose}/{step}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def draws(seed: int, purpose: str, step: int = 0) -> torch.Generator:
    """Return a fresh CPU generator for one purpose at one step."""
    return torch.Generator().manual_seed(key(seed, purpose, step))


@contextmanager
def scoped(seed: int, purpose: str) -> Iterator[None]:
    """Seed torch's global generator inside the block and restore it after."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(key(seed, purpose))
        yield


def latents(seed: int, purpose: str, step: int, count: int, size: int) -> Tensor:
    """Return standard normal latents of shape (count, size)."""
    return torch.randn(count, size, generator=draws(seed, purpose, step))


class BatchSampler:
    """Indices of every batch: epochs are seeded permutations laid end to end.

    Args:
        seed: the run's seed.
        size: number of images.
        batch_size: indices a batch; a batch may straddle epochs.
    """

    def __init__(self, seed: int, size: int, batch_size: int) -> None:
        self.seed, self.size, self.batch_size = seed, size, batch_size
        self._orders: dict[int, Tensor] = {}

    def batch(self, number: int) -> Tensor:
        """Return the int64 indices of batch ``number``, in any order of asking."""
        start = number * self.batch_size
        positions = torch.arange(start, start + self.batch_size)
        first, last = start // self.size, (start + self.batch_size - 1) // self.size
        self._orders = {epoch: self._order(epoch) for epoch in range(first, last + 1)}
        orders = torch.cat([self._orders[epoch] for epoch in range(first, last + 1)])
        return orders[positions - first * self.size]

    def _order(self, epoch: int) -> Tensor:
        if epoch in self._orders:
            return self._orders[epoch]
        return torch.randperm(self.size, generator=draws(self.seed, "order", epoch))
