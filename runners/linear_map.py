"""The linear map of a layer without its bias, the map's adjoint, and what it is applied to."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.grad import conv2d_input

from runners.weights import Layer, weight_layers

Convolution: TypeAlias = nn.Conv2d | nn.ConvTranspose2d
Map: TypeAlias = Callable[[Tensor], Tensor]


def overlaps(layer: Layer) -> int:
    """Return how many output windows one pixel can meet at most; 1 for a dense layer.

    By the square root of it the norm of a layer padded with zeros can exceed its matrix's.
    """
    if isinstance(layer, nn.Linear):
        return 1
    axes = zip(layer.kernel_size, layer.stride, layer.dilation, strict=True)
    return math.prod(
        math.ceil(kernel / (stride // math.gcd(stride, dilation)))
        for kernel, stride, dilation in axes
    )


@torch.no_grad()
def input_sizes(discriminator: nn.Module, shape: tuple[int, ...]) -> dict[str, set[torch.Size]]:
    """Return the input shapes, without the batch, that each weight layer in use meets.

    D runs forward once, in eval mode, and is left as it was.

    Args:
        shape: of one image or point.
    """
    sizes: dict[str, set[torch.Size]] = {}

    def note(name: str) -> Any:
        return lambda _, inputs: sizes.setdefault(name, set()).add(inputs[0].shape[1:])

    hooks = [
        layer.register_forward_pre_hook(note(name)) for name, layer in weight_layers(discriminator)
    ]
    device, mode = next(discriminator.parameters()).device, discriminator.training
    discriminator.eval()(torch.zeros(2, *shape, device=device))
    discriminator.train(mode)
    for hook in hooks:
        hook.remove()
    return sizes


def zero_padded(layer: Convolution) -> bool:
    """Whether what lies outside of an input counts as zero."""
    return layer.padding_mode == "zeros"


def maps(layer: Layer, size: torch.Size, dtype: torch.dtype) -> tuple[Map, Map]:
    """Return the linear map of a layer and its adjoint, on batches of any number.

    Args:
        layer: dense, or of any stride, padding, dilation and number of groups.
        size: of its input: (channels, height, width), or (features,).
        dtype: of what they take and give.
    """
    if isinstance(layer, nn.Linear):
        weight = layer.weight.detach().to(dtype)
        return lambda x: x @ weight.T, lambda y: y @ weight
    if not zero_padded(layer) or layer.padding == "same":
        return _by_autograd(layer, size, dtype)
    weight = layer.weight.detach().to(dtype)
    padding = 0 if layer.padding == "valid" else layer.padding
    geometry: Any = {"stride": layer.stride, "padding": padding, "dilation": layer.dilation,
                     "groups": layer.groups}  # fmt: skip
    if isinstance(layer, nn.Conv2d):
        return (
            lambda x: functional.conv2d(x, weight, **geometry),
            lambda y: conv2d_input((len(y), *size), weight, y, **geometry),
        )
    beyond: Any = layer.output_padding
    return (
        lambda x: functional.conv_transpose2d(x, weight, output_padding=beyond, **geometry),
        lambda y: functional.conv2d(y, weight, **geometry),
    )


def _by_autograd(layer: Convolution, size: torch.Size, dtype: torch.dtype) -> tuple[Map, Map]:
    """Return the maps of any affine layer: what is left without its bias, and its gradient."""
    own = layer.weight.dtype
    offset = layer(layer.weight.new_zeros(1, *size))

    def forward(x: Tensor) -> Tensor:
        return (layer(x.to(own)) - offset).to(dtype)

    def adjoint(y: Tensor) -> Tensor:
        with torch.enable_grad():
            x = layer.weight.new_zeros(len(y), *size).requires_grad_(True)
            return torch.autograd.grad(layer(x), x, y.to(own))[0].to(dtype)

    return forward, adjoint
