"""Every random number of a run comes from a generator keyed by (seed, purpose, step).

The method is never part of the key, so all methods of a seed share initial weights, data
order and latents; and nothing drawn for a diagnostic can disturb the next step (the idea of
NVlabs/edm2's per-sample generators).

A key fills the whole state of torch's CPU generator, the 624 words of a Mersenne twister
(Matsumoto & Nishimura 1998): ``manual_seed`` would use 32 bits of it, so that of the 10^5 keys of
a long run a few would give the same numbers.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

WORDS = 624  # of 32 bits, in a Mersenne twister's state
KEY_BYTES = 32


def key(seed: int, purpose: str, step: int = 0) -> int:
    """Return a 256-bit key; distinct arguments give distinct, independent keys."""
    digest = hashlib.sha256(f"{seed}/{purpose}/{step}".encode()).digest()
    return int.from_bytes(digest, "little")


def draws(seed: int, purpose: str, step: int = 0) -> torch.Generator:
    """Return a fresh CPU generator for one purpose at one step."""
    return torch.Generator().set_state(_state(_words(key(seed, purpose, step))))


@contextmanager
def scoped(seed: int, purpose: str) -> Iterator[None]:
    """Seed torch's global CPU generator inside the block and restore it after."""
    with torch.random.fork_rng(devices=[]):
        torch.set_rng_state(_state(_words(key(seed, purpose))))
        yield


def _words(number: int) -> np.ndarray:
    """Return the state of a Mersenne twister that a key stands for, uint32 (WORDS,)."""
    content = hashlib.shake_256(number.to_bytes(KEY_BYTES, "little")).digest(4 * WORDS)
    return np.frombuffer(content, "<u4")


def _state(words: np.ndarray) -> Tensor:
    """Return what ``torch.Generator.set_state`` takes for a twister's state.

    The layout is torch's own: after 24 bytes the words, 64 bits each, from the template of a
    generator whose next draw renews them all.

    Raises:
        RuntimeError: this version of torch lays it out differently.
    """
    state = _template().copy()
    state[24 : 24 + 8 * WORDS].view(np.uint64)[:] = words
    return torch.from_numpy(state)


@functools.cache
def _template() -> np.ndarray:
    """Return the state of a fresh generator, known to be laid out as expected."""
    return _known(torch.Generator().manual_seed(1).get_state().numpy())


def _known(state: np.ndarray) -> np.ndarray:
    """Return torch's state of seed 1 if it holds numpy's words of that seed where they belong."""
    seeded: Any = np.random.RandomState(1).get_state(legacy=False)
    words, held = seeded["state"]["key"], state[24 : 24 + 8 * WORDS]
    if held.size != 8 * WORDS or not np.array_equal(held.view(np.uint64), words):
        raise RuntimeError(
            f"torch {torch.__version__} keeps the state of its random numbers in another way than "
            "runners/seeds.py knows, so no run could be repeated; use an earlier version of torch"
        )
    return state


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
