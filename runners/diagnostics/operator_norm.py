"""The operator norm of a layer as it is used: real input size, stride and padding.

This is not the sigma of the reshaped kernel R, which spectral normalisation constrains. For a
k x k kernel at stride s the operator norm is at most ceil(k / s) * R, and at least R where one
output window lies inside the input.
"""

from __future__ import annotations

import math
from collections.abc import MutableMapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.grad import conv2d_input

from runners.diagnostics.spectrum import singular_values
from runners.lipschitz.effective import weight_layers

TOLERANCE = 1e-3  # relative; iteration stops at a tenth of it between two looks
LOOK = 10  # iterations between looks
MOST = 400  # iterations from a cold start, at the most


@torch.no_grad()
def input_sizes(discriminator: nn.Module, shape: tuple[int, ...]) -> dict[str, torch.Size]:
    """Return each weight layer's input shape without the batch, for images of ``shape``."""
    sizes: dict[str, torch.Size] = {}

    def note(name: str) -> Any:
        return lambda _, inputs: sizes.__setitem__(name, inputs[0].shape[1:])

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
    layer: nn.Conv2d, size: torch.Size, start: Tensor | None = None
) -> tuple[float, Tensor]:
    """Return the norm to about TOLERANCE, from below, by power iteration.

    Args:
        layer: a zero-padded, undilated convolution.
        size: (channels, height, width) of its input.
        start: unit vector of shape (1, *size) to start from; a fixed one if absent.

    Returns:
        The norm, and the vector to start from next time.
    """
    weight = layer.weight.detach()
    x = _unit(torch.linspace(1, 2, size.numel()).cos().view(1, *size) if start is None else start)
    x, norm = x.to(weight), 0.0
    shape = {"stride": layer.stride, "padding": layer.padding}
    for count in range(1, MOST + 1):
        y = functional.conv2d(x, weight, **shape)
        back = conv2d_input(x.shape, weight, y, **shape)
        x = _unit(back)
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
) -> list[dict[str, Any]]:
    """Return one row a weight layer: operator norm, its bound over R, and the geometry.

    Args:
        shape: of one image or point.
        starts: vectors by layer name to start from; replaced by better ones.
    """
    sizes = input_sizes(discriminator, shape)
    rows = []
    for name, layer in weight_layers(discriminator):
        if isinstance(layer, nn.Linear):
            sigma = singular_values(layer.weight.detach())[0].item()
            rows.append(_linear_row(sigma))
            continue
        norm, starts[name] = operator_norm(layer, sizes[name], starts.get(name))
        bounds = (math.ceil(k / s) for k, s in zip(layer.kernel_size, layer.stride, strict=True))
        rows.append({
            "operator_norm": norm,
            "operator_bound": math.sqrt(math.prod(bounds)),
            "input_size": sizes[name][-1],
            "kernel": layer.kernel_size[0],
            "stride": layer.stride[0],
            "padding": layer.padding[0],
        })  # fmt: skip
    return rows


def _linear_row(sigma: float) -> dict[str, Any]:
    geometry = dict.fromkeys(("input_size", "kernel", "stride", "padding"))
    return {"operator_norm": sigma, "operator_bound": 1.0} | geometry
