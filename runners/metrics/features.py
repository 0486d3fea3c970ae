"""Features of data by any extractor's network, computed where the network is."""

from __future__ import annotations

import torch
from torch import Tensor, nn


@torch.no_grad()
def outputs(network: nn.Module, images: Tensor, batch: int = 250) -> tuple[Tensor, Tensor]:
    """Return (embedding (n, dim), logits (n, classes)) of n data on the CPU.

    They are computed where the network is, a batch at a time.

    Args:
        network: any extractor's.
        images: uint8 (n, channels, size, size), or points (n, 2).
        batch: data at once.
    """
    device = next((tensor.device for tensor in network.state_dict().values()), images.device)
    parts = [network(chunk.to(device)) for chunk in images.split(batch)]
    return torch.cat([part[0] for part in parts]).cpu(), torch.cat(
        [part[1] for part in parts]
    ).cpu()
