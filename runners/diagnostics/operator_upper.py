"""Upper bounds of a convolution's operator norm that bound, up to the rounding of float64.

Power iteration approaches the norm from below, so that no product of its results bounds
anything. A small layer's norm is that of its explicit matrix. A larger one, padded with zeros,
is part of a circular convolution over a grid on which nothing wraps around, whose norm is known
exactly from its Fourier transform (Sedghi et al. 2019, arXiv 1805.10408) and is not below that of
a part (as in Delattre et al. 2023 and 2024, arXiv 2305.16173 and 2402.00240, there for grids that
do wrap). It never exceeds ceil(k / s) times the norm of the reshaped kernel.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from runners.linear_map import Convolution, maps, zero_padded
from runners.weights import singular_values

SIDE = 512
"""Largest smaller side of an explicit matrix: its singular values take some 10 ms."""
ENTRIES = 2**22
"""Of the largest explicit matrix: 32 MiB."""


def operator_upper(layer: Convolution, size: torch.Size) -> tuple[float | None, bool]:
    """Return an upper bound of a layer's operator norm, and whether it is the norm itself.

    The bound is None for a layer that is too large for its matrix and is not padded with zeros.

    Args:
        layer: of any stride, padding, dilation and number of groups.
        size: (channels, height, width) of its input.
    """
    matrix = explicit(layer, size)
    if matrix is not None:
        return singular_values(matrix)[0].item(), True
    return (circular_norm(layer, size) if zero_padded(layer) else None), False


@torch.no_grad()
def explicit(layer: Convolution, size: torch.Size) -> Tensor | None:
    """Return the matrix of a layer without its bias, or its transpose; None if it is too large.

    Returns:
        float64, of as many rows as the smaller of input and output has numbers.
    """
    out = layer(layer.weight.new_zeros(1, *size)).shape[1:]
    inputs, outputs = size.numel(), out.numel()
    if min(inputs, outputs) > SIDE or inputs * outputs > ENTRIES:
        return None
    forward, adjoint = maps(layer, size, torch.float64)
    smaller, apply = (size, forward) if inputs <= outputs else (out, adjoint)
    units = torch.eye(smaller.numel(), dtype=torch.float64, device=layer.weight.device)
    return apply(units.view(-1, *smaller)).flatten(1)


@torch.no_grad()
def circular_norm(layer: Convolution, size: torch.Size) -> float:
    """Return the norm of a circular convolution that the zero-padded layer is part of.

    Output o of an axis meets positions s o + a with taps a below e, the dilated kernel's extent.
    With a = s b + r these are positions o + b of phase r: a convolution of stride 1 with
    ceil(e / s) taps over s phases. On a grid of as many points as outputs and taps, less one, no
    output wraps around, so that leaving out inputs and outputs gives back the layer.

    Args:
        layer: padded with zeros; a transposed convolution is judged as its adjoint.
        size: (channels, height, width) of its input.
    """
    taps = _phases(layer)
    transposed = isinstance(layer, nn.ConvTranspose2d)
    out = size if transposed else layer(layer.weight.new_zeros(1, *size)).shape[1:]
    grid = [outputs + count - 1 for outputs, count in zip(out[1:], taps.shape[-2:], strict=True)]
    symbols = torch.fft.rfft2(taps, s=grid).flatten(3).movedim(3, 0)
    wide = symbols.shape[-2] <= symbols.shape[-1]
    gram = symbols @ symbols.mH if wide else symbols.mH @ symbols
    return torch.linalg.eigvalsh(gram).max().clamp_min(0).sqrt().item()


def _phases(layer: Convolution) -> Tensor:
    """Return the kernel as one of stride 1 over the phases of its input.

    Returns:
        float64 (groups, rows per group, columns per group * phases, taps, taps); of a transposed
        convolution that of its adjoint.
    """
    weight = layer.weight.detach().double()
    steps = list(zip(layer.stride, layer.dilation, layer.kernel_size, strict=True))
    extents = [dilation * (kernel - 1) + 1 for _, dilation, kernel in steps]
    counts = [math.ceil(e / stride) for e, (stride, _, _) in zip(extents, steps, strict=True)]
    sides = [count * stride for count, (stride, _, _) in zip(counts, steps, strict=True)]
    spread = weight.new_zeros(*weight.shape[:2], *sides)
    spread[:, :, : extents[0] : steps[0][1], : extents[1] : steps[1][1]] = weight
    split = spread.unflatten(3, (counts[1], -1)).unflatten(2, (counts[0], -1))
    phases = split.permute(0, 1, 3, 5, 2, 4).flatten(1, 3)
    return phases.unflatten(0, (layer.groups, -1))
