"""The memory of experience replay, in buffers."""

from __future__ import annotations

import torch
from torch import Tensor

from runners.on_host import OnHost


class Memory(OnHost):
    """Generated data of earlier batches; once it is full, new ones replace some at random."""

    on_host = ("filled",)
    kept: Tensor
    filled: Tensor

    def __init__(self, capacity: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("kept", torch.zeros(capacity, *shape))
        self.register_buffer("filled", torch.zeros((), dtype=torch.int64))

    def recall(self, count: int, draws: torch.Generator) -> Tensor:
        """Return ``count`` different ones, or all where there are fewer."""
        chosen = torch.randperm(int(self.filled), generator=draws)[:count]
        return self.kept[chosen.to(self.kept.device)]

    def remember(self, data: Tensor, draws: torch.Generator) -> None:
        """Keep (n, *shape) in free places first, then in those of others; no more than fit."""
        have, capacity = int(self.filled), len(self.kept)
        free = torch.arange(have, min(capacity, have + len(data)))
        others = torch.randperm(have, generator=draws)[: len(data) - len(free)]
        places = torch.cat([free, others]).to(data.device)
        self.kept[places] = data[: len(places)]
        self.filled.fill_(have + len(free))
