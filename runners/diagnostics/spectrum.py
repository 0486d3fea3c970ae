"""Singular values of every layer's effective weight, and how they spread.

The weight is the tensor the forward pass uses, reshaped to d_out x (d_in * kh * kw), as in
Figure 3 of Miyato et al. 2018 (arXiv 1802.05957); see :func:`runners.weights.matrix`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from runners.weights import Layer, matrix, singular_values, weight_layers


@torch.no_grad()
def spectra(discriminator: nn.Module) -> list[dict[str, Any]]:
    """Return one row per conv or linear layer: all singular values and their spread."""
    rows = []
    for index, (name, layer) in enumerate(weight_layers(discriminator)):
        weight = matrix(layer)
        place = {"layer": name, "index": index, "kind": kind(layer)}
        size = {"rows": weight.shape[0], "columns": weight.shape[1]}
        rows.append(place | size | spread(singular_values(weight)))
    return rows


def kind(layer: Layer) -> str:
    """Return ``linear`` or ``conv``; a transposed convolution is one too."""
    return "linear" if isinstance(layer, nn.Linear) else "conv"


def spread(values: Tensor) -> dict[str, Any]:
    """Return the singular values and their summary.

    Args:
        values: descending, shape (T,).

    Returns:
        sigma_max, sigma_min and their ratio ``condition``; stable_rank
        |W|_F^2 / (sigma_max^2 T); effective_rank exp(H) / T with H the entropy of
        sigma / sum(sigma) (Roy & Vetterli 2007); log10_q90_q10. A ratio over zero, and a
        quantile ratio of a single value, is None.
    """
    count, largest = len(values), values[0].item()
    energy, share = values.square().sum().item(), values / values.sum()
    entropy = -torch.special.xlogy(share, share).sum()
    q10, q90 = torch.quantile(values, values.new_tensor([0.1, 0.9])).tolist()
    return {
        "singular_values": [float(f"{value:.7g}") for value in values.tolist()],
        "sigma_max": largest,
        "sigma_min": values[-1].item(),
        "condition": largest / values[-1].item() if values[-1] else None,
        "stable_rank": energy / (largest**2 * count) if largest else None,
        "effective_rank": entropy.exp().item() / count if largest else None,
        "log10_q90_q10": torch.log10(values.new_tensor(q90 / q10)).item()
        if count > 1 and q10 > 0
        else None,
    }
