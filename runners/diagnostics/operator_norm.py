"""The operator norm of a layer as it is used: real input size, stride, padding and dilation.

This is not the sigma of the reshaped kernel R, which spectral normalisation constrains. For a
k x k kernel at stride s, padded with zeros, the operator norm is at most ceil(k / s) * R, and at
least R where one output window lies inside the input. With dilation d, s counts as s / gcd(s, d).

``operator_norm`` is exact for small layers and otherwise an estimate by power iteration, which
is never too large; ``operator_upper`` is never too small.
"""

from __future__ import annotations

import math
from collections.abc import MutableMapping
from typing import Any

import torch
from torch import Tensor, nn

from runners.diagnostics.operator_upper import operator_upper
from runners.linear_map import Convolution, input_sizes, maps, overlaps, zero_padded
from runners.weights import Layer, singular_values, weight_layers

TOLERANCE = 1e-3  # relative; iteration stops at a tenth of it between two looks
LOOK = 10  # iterations between looks
MOST = 400  # iterations from a cold start, at the most


@torch.no_grad()
def power_iteration(
    layer: Convolution, size: torch.Size, start: Tensor | None = None
) -> tuple[float, Tensor]:
    """Return an estimate of the operator norm, from below, usually to about TOLERANCE.

    How far it stays below is not known: from a start without a part along the leading singular
    vector it may find another singular value.

    Args:
        layer: of any stride, padding, dilation and number of groups.
        size: (channels, height, width) of its input.
        start: unit vector of shape (1, *size) to start from; a fixed one if absent.

    Returns:
        The estimate, and the vector to start from next time.
    """
    x = _unit(torch.linspace(1, 2, size.numel()).cos().view(1, *size) if start is None else start)
    x, norm = x.to(layer.weight), 0.0
    forward, adjoint = maps(layer, size, x.dtype)
    for count in range(1, MOST + 1):
        y = forward(x)
        x = _unit(adjoint(y))
        if count % LOOK == 0:
            previous, norm = norm, y.norm().item()
            if abs(norm - previous) <= TOLERANCE / 10 * norm:
                break
    return norm, x


def _unit(x: Tensor) -> Tensor:
    return x / x.norm().clamp_min(1e-12)


@torch.no_grad()
def operator_norms(
    discriminator: nn.Module,
    shape: tuple[int, ...],
    starts: MutableMapping[str, Tensor],
) -> dict[str, dict[str, Any]]:
    """Return each used weight layer's operator norm, its bounds from above, and its geometry.

    Of a layer used at several input sizes both norm and bound are the largest.

    Args:
        shape: of one image or point.
        starts: vectors by layer name for power iterations to start from; replaced by better ones.

    Returns:
        By layer: operator_norm: exact where it equals operator_upper, else an estimate from
        below; operator_upper: from above; operator_bound: what it is at most over the sigma of
        the reshaped kernel; the last two None where no such bound is known; input_size, kernel,
        stride, padding.
    """
    sizes = input_sizes(discriminator, shape)
    layers = [(name, layer) for name, layer in weight_layers(discriminator) if name in sizes]
    return {name: _row(name, layer, sizes[name], starts) for name, layer in layers}


def _row(
    name: str, layer: Layer, sizes: set[torch.Size], starts: MutableMapping[str, Tensor]
) -> dict[str, Any]:
    if isinstance(layer, nn.Linear):
        geometry = dict.fromkeys(("input_size", "kernel", "stride", "padding"))
        sigma = singular_values(layer.weight.detach())[0].item()
        return {"operator_norm": sigma, "operator_upper": sigma, "operator_bound": 1.0} | geometry
    keys = {size: name if len(sizes) == 1 else f"{name} {tuple(size)}" for size in sorted(sizes)}
    found = [_both(layer, size, key, starts) for size, key in keys.items()]
    uppers = [upper for _, upper in found if upper is not None]
    padding = layer.padding if isinstance(layer.padding, str) else layer.padding[0]
    return {
        "operator_norm": max(norm for norm, _ in found),
        "operator_upper": max(uppers) if len(uppers) == len(found) else None,
        "operator_bound": math.sqrt(overlaps(layer)) if zero_padded(layer) else None,
        "input_size": max(sizes)[-1],
        "kernel": layer.kernel_size[0],
        "stride": layer.stride[0],
        "padding": padding,
    }


def _both(
    layer: Convolution, size: torch.Size, key: str, starts: MutableMapping[str, Tensor]
) -> tuple[float, float | None]:
    """Return a layer's norm, or an estimate of it, and its bound from above at one size."""
    upper, exact = operator_upper(layer, size)
    if exact and upper is not None:
        return upper, upper
    norm, starts[key] = power_iteration(layer, size, starts.get(key))
    return norm, upper
