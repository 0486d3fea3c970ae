"""Dropout whose masks are a function of the seed, the step and the pass within the step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from runners import seeds
from runners.on_host import OnHost

KEYS = 2**62


class Dropout(OnHost):
    """Zeros each number with probability p and divides the others by 1 - p (arXiv 1207.0580).

    torch's own draws from the global generator. Here a layer's key is drawn with the initial
    weights and kept in a buffer; each step starts anew from it, so that all methods of a seed
    start a step with the same masks and a resumed run meets those of one that never stopped.
    In eval mode it passes its input on.

    Args:
        p: share of zeros, below 1.
    """

    on_host = ("key",)

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.register_buffer("key", torch.zeros((), dtype=torch.int64))
        self.draws = seeds.draws(0, "dropout")

    def draw_key(self, draws: torch.Generator) -> None:
        """Take the layer's key from the generator of the initial weights."""
        self.get_buffer("key").copy_(torch.randint(KEYS, (), generator=draws))
        self.advance(0)

    def advance(self, step: int) -> None:
        """Start the masks of a step."""
        self.draws = seeds.draws(int(self.get_buffer("key")), "dropout", step)

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with a fresh mask, or as it is in eval mode."""
        if not self.training:
            return input
        mask = torch.rand(input.shape, generator=self.draws).ge_(self.p).div_(1 - self.p)
        return input * mask.to(input)

    def lipschitz_bound(self, of: Callable[[nn.Module], float]) -> float:  # noqa: ARG002
        """Return 1 in eval mode, where D is diagnosed, and 1 / (1 - p) under a mask."""
        return 1 / (1 - self.p) if self.training else 1.0


def advance(network: nn.Module, step: int) -> None:
    """Start the masks of a step in every dropout layer of a network."""
    for module in network.modules():
        if isinstance(module, Dropout):
            module.advance(step)


@contextmanager
def without_masks(network: nn.Module) -> Iterator[None]:
    """Let every dropout layer of a network pass its input on inside the block."""
    layers = [m for m in network.modules() if isinstance(m, Dropout) and m.training]
    for layer in layers:
        layer.train(False)
    try:
        yield
    finally:
        for layer in layers:
            layer.train()
