"""Power iteration of a layer's linear map, and what it says of the weight."""

from __future__ import annotations

from collections.abc import Set

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from runners.linear_map import maps
from runners.lipschitz.spectral_norm import normalise
from runners.weights import Layer, reparametrisation

TO_THE_END = 200  # iterations from kept vectors, after which an estimate counts as the truth


def input_size(layer: Layer, met: Set[torch.Size], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the input size a layer's norm is taken at.

    Args:
        layer: whose norm it is.
        met: the input sizes it is used at.
        shape: of one datum.
    """
    if isinstance(layer, nn.Linear):
        return (layer.in_features,)
    return max(met, key=torch.Size.numel, default=torch.Size((layer.in_channels, *shape[1:])))


@torch.no_grad()
def advance(layer: Layer, weight: Tensor, x: Tensor, slope: Tensor, iterations: int) -> None:
    """Advance x in place towards the leading right singular vector of a layer's map A.

    Args:
        layer: that uses the weight, or a multiple of it.
        weight: whose norm is asked for.
        x: a batch of one input.
        slope: becomes d(y' A(W) x) / dW for y the unit vector along A x: as A is linear in the
            weight, <W, slope> is y' A(W) x for every W.
        iterations: at least 1.
    """
    forward, adjoint = maps(layer, x.shape[1:], x.dtype)
    for _ in range(iterations):
        normalise(x.copy_(adjoint(forward(x))))
    y = normalise(forward(x))
    with torch.enable_grad(), parametrize.cached():
        slope.copy_(torch.autograd.grad(layer(x), layer.weight, y)[0])
    slope.mul_((weight * slope).sum().sign())  # where that multiple was negative


def converged(layer: Layer) -> float | None:
    """Return the operator norm of a layer, from its kept vector on, or None if it keeps none."""
    if not parametrize.is_parametrized(layer, "weight"):
        return None
    x = dict(reparametrisation(layer).named_buffers()).get("x")
    if x is None:
        return None
    forward, adjoint = maps(layer, x.shape[1:], x.dtype)
    for _ in range(TO_THE_END):
        x = normalise(adjoint(forward(x)))
    return forward(x).norm().item()
