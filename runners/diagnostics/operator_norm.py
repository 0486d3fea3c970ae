"""The operator norm of a layer as it is used: real input size, stride, padding and dilation.

This is not the sigma of the reshaped kernel R, which spectral normalisation constrains. For a
k x k kernel at stride s the operator norm is at most ceil(k / s) * R, and at least R where one
output window lies inside the input. With dilation d, s counts as s / gcd(s, d).
"""

from __future__ import annotations

import math
from collections.abc import Callable, MutableMapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.grad import conv2d_input

from runners.weights import Layer, singular_values, weight_layers

TOLERANCE = 1e-3  # relative; iteration stops at a tenth of it between two looks
LOOK = 10  # iterations between looks
MOST = 400  # iterations from a cold start, at the most

Map = Callable[[Tensor], Tensor]


@torch.no_grad()
def input_sizes(discriminator: nn.Module, shape: tuple[int, ...]) -> dict[str, set[torch.Size]]:
    """Return the input shapes, without the batch, that each weight layer in use meets.

    Args:
        shape: of one image or point.
    """
    sizes: dict[str, set[torch.Size]] = {}

    def note(name: str) -> Any:
        return lambda _, inputs: sizes.setdefault(name, set()).add(inputs[0].shape[1:])

    hooks = [
        layer.register_forward_pre_hook(note(name)) for name, layer in weight_layers(discriminator)
    ]
    device = next(discriminator.parameters()).device
    discriminator(torch.zeros(2, *shape, device=device))
    for hook in hooks:
        hook.remove()
    return sizes


@torch.no_grad()
def operator_norm(
    layer: nn.Conv2d | nn.ConvTranspose2d, size: torch.Size, start: Tensor | None = None
) -> tuple[float, Tensor]:
    """Return the norm to about TOLERANCE, from below, by power iteration.

    Args:
        layer: of any stride, padding, dilation and number of groups.
        size: (channels, height, width) of its input.
        start: unit vector of shape (1, *size) to start from; a fixed one if absent.

    Returns:
        The norm, and the vector to start from next time.
    """
    weight = layer.weight.detach()
    x = _unit(torch.linspace(1, 2, size.numel()).cos().view(1, *size) if start is None else start)
    x, norm = x.to(weight), 0.0
    forward, adjoint = _maps(layer, weight, x.shape)
    for count in range(1, MOST + 1):
        y = forward(x)
        x = _unit(adjoint(y))
        if count % LOOK == 0:
            previous, norm = norm, y.norm().item()
            if abs(norm - previous) <= TOLERANCE / 10 * norm:
                break
    return norm, x


def _maps(layer: nn.Module, weight: Tensor, shape: torch.Size) -> tuple[Map, Map]:
    """Return the linear map of a layer and its adjoint."""
    if isinstance(layer, nn.Conv2d) and layer.padding_mode == "zeros" and layer.padding != "same":
        padding = (0, 0) if layer.padding == "valid" else layer.padding
        geometry: Any = {"stride": layer.stride, "padding": padding,
                         "dilation": layer.dilation, "groups": layer.groups}  # fmt: skip
        return (
            lambda x: functional.conv2d(x, weight, **geometry),
            lambda y: conv2d_input(shape, weight, y, **geometry),
        )
    return _by_autograd(layer, shape, weight)


def _by_autograd(layer: nn.Module, shape: torch.Size, weight: Tensor) -> tuple[Map, Map]:
    """Return the maps of any affine layer: what is left without its bias, and its gradient."""
    offset = layer(weight.new_zeros(shape))

    def adjoint(y: Tensor) -> Tensor:
        with torch.enable_grad():
            x = weight.new_zeros(shape).requires_grad_(True)
            return torch.autograd.grad(layer(x), x, y)[0]

    return lambda x: layer(x) - offset, adjoint


def _unit(x: Tensor) -> Tensor:
    return x / x.norm().clamp_min(1e-12)


@torch.no_grad()
def operator_norms(
    discriminator: nn.Module,
    shape: tuple[int, ...],
    starts: MutableMapping[str, Tensor],
) -> dict[str, dict[str, Any]]:
    """Return, for each weight layer in use, its operator norm, its bound over R, its geometry.

    Of a layer used at several input sizes the norm is the largest.

    Args:
        shape: of one image or point.
        starts: vectors by layer name to start from; replaced by better ones.
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
        return {"operator_norm": sigma, "operator_bound": 1.0} | geometry
    largest, sorted_sizes = 0.0, sorted(sizes)
    for size in sorted_sizes:
        key = name if len(sizes) == 1 else f"{name} {tuple(size)}"
        norm, starts[key] = operator_norm(layer, size, starts.get(key))
        largest = max(largest, norm)
    padding = layer.padding if isinstance(layer.padding, str) else layer.padding[0]
    return {
        "operator_norm": largest,
        "operator_bound": math.sqrt(math.prod(_overlaps(layer))),
        "input_size": sorted_sizes[-1][-1],
        "kernel": layer.kernel_size[0],
        "stride": layer.stride[0],
        "padding": padding,
    }


def _overlaps(layer: nn.Conv2d | nn.ConvTranspose2d) -> list[int]:
    """Return, for each dimension, how many taps of the kernel one pixel can meet at most."""
    return [
        math.ceil(kernel / (stride // math.gcd(stride, dilation)))
        for kernel, stride, dilation in zip(
            layer.kernel_size, layer.stride, layer.dilation, strict=True
        )
    ]
