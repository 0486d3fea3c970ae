"""Initial weights of whole networks, from one generator in the order of the modules."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeAlias

import torch
from torch import nn

from runners.models.dropout import Dropout
from runners.weights import Layer

Draw: TypeAlias = Callable[[Layer], object]


def normal(
    network: nn.Module,
    draws: torch.Generator,
    std: float,
    gain_std: float = 0.0,
    gain: float = 1.0,
) -> None:
    """Draw weights from N(0, std) and the gains of batch norms from N(gain, gain_std)."""
    gains = (gain, gain_std)
    _fill(network, draws, lambda w: nn.init.normal_(w.weight, 0.0, std, generator=draws), gains)


def he(network: nn.Module, draws: torch.Generator) -> None:
    """Draw weights from N(0, sqrt(2 / inputs)) (He et al. 2015, arXiv 1502.01852)."""
    _fill(
        network,
        draws,
        lambda w: nn.init.kaiming_normal_(w.weight, nonlinearity="relu", generator=draws),
    )


def glorot(network: nn.Module, draws: torch.Generator, wide: Collection[Layer] = ()) -> None:
    """Draw weights from U(-a, a), a = gain * sqrt(6 / (inputs + outputs)) (Glorot & Bengio 2010).

    Args:
        wide: the layers whose gain is sqrt(2), not 1.
    """

    def draw(layer: Layer) -> object:
        gain = 2**0.5 if layer in wide else 1.0
        return nn.init.xavier_uniform_(layer.weight, gain, generator=draws)

    _fill(network, draws, draw)


def _fill(
    network: nn.Module,
    draws: torch.Generator,
    draw: Draw,
    gains: tuple[float, float] = (1.0, 0.0),
) -> None:
    for module in network.modules():
        if isinstance(module, Layer):
            draw(module)
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d) and module.weight is not None:
            nn.init.normal_(module.weight, *gains, generator=draws)
        elif isinstance(module, Dropout):
            module.draw_key(draws)
        if getattr(module, "bias", None) is not None:
            nn.init.zeros_(module.bias)  # pyright: ignore
