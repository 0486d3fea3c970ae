"""4x4 stride-2 convolutions as matrix products where a processor is faster that way.

A convolution is three maps: forward, to the gradient of its input, and to that of its weight. The
first is torch's convolution; each of the others is that, or a product with the patches of the
larger image. Which one it is follows from instruction set and geometry alone (:data:`PRODUCTS`), in
float32 on a processor, never from a timing, so that a run can be made again; the run notes it. The
derivatives of each map are the other two, so that gradients of any order stay among the three;
torch.func knows none of them.

Shapes: the larger image is x (n, channels, H, W), the smaller one y (n, features, h, w) with
h = H // 2 and w = W // 2, the weight (features, channels, 4, 4).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional
from torch.nn.grad import conv2d_weight

GEOMETRY: dict[str, Any] = {"stride": 2, "padding": 1}
KERNEL = 4


class Sides(NamedTuple):
    """Largest sides of y, in pixels, at which each gradient is faster as a product."""

    input: int
    weight: int


PRODUCTS = {"AVX2": Sides(input=2, weight=4), "AVX512": Sides(0, 2)}
"""By torch's name of the instruction set, from MANY channels and features; measured in
docs/performance.md. Elsewhere torch's convolutions do all."""

MANY = 64
RULE = 1  # the next number for any other choice or way of computing
COLOURS = 3  # channels of images: the gradient of these is a product whatever their side


def described(device: str) -> str:
    """Return the choice of a device in words, to be noted by a run; '' is torch's alone."""
    found = _sides() if device == "cpu" else None
    if found is None:
        return ""
    limits = ", ".join(f"{name} {side}" for name, side in found._asdict().items())
    return f"products {RULE}: up to {limits} px"


def some_product(given: Tensor, channels: int, features: int, side: int) -> bool:
    """Whether any of a layer's maps is a product: in float32 on some processors.

    Args:
        given: the layer's input.
        channels, features: of x and of y.
        side: the smaller one of y, in pixels.
    """
    if given.device.type != "cpu" or given.dtype != torch.float32:
        return False
    if torch.is_autocast_enabled("cpu"):
        return False
    return any(_product(name, channels, features, side) for name in Sides._fields)


_alone: list[bool] = []
"""Not empty while torch's convolutions do all."""


@contextmanager
def torch_alone() -> Iterator[None]:
    """Leave everything to torch's convolutions, whose operations are the same on all machines."""
    _alone.append(True)
    try:
        yield
    finally:
        _alone.pop()


def _sides() -> Sides | None:
    return None if _alone else PRODUCTS.get(torch.backends.cpu.get_cpu_capability())


def _product(which: str, channels: int, features: int, side: int) -> bool:
    sides = _sides()
    if sides is None or features < MANY:
        return False
    if channels <= COLOURS:
        return which == "input"
    return channels >= MANY and side <= getattr(sides, which)


class Convolve(Function):
    """(x, weight, bias) -> y."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return the convolution."""
        ctx.save_for_backward(x, weight)
        return functional.conv2d(x, weight, bias, **GEOMETRY)

    @staticmethod
    def backward(ctx: Any, y: Tensor) -> Any:  # pyright: ignore
        """Return the gradients of the three."""
        x, weight = ctx.saved_tensors
        of_x, of_weight, of_bias = ctx.needs_input_grad
        return (
            Transpose.apply(y, weight, x.shape[2:]) if of_x else None,
            WeightGradient.apply(x, y) if of_weight else None,
            y.sum((0, 2, 3)) if of_bias else None,
        )


class Transpose(Function):
    """(y, weight, (H, W)) -> x: the adjoint of a convolution without its bias."""

    @staticmethod
    def forward(ctx: Any, y: Tensor, weight: Tensor, size: torch.Size) -> Tensor:
        """Return the transposed convolution."""
        ctx.save_for_backward(y, weight)
        if _product("input", weight.shape[1], len(weight), min(y.shape[2:])):
            return _add_up(_pixels(y) @ _matrix(weight), y.shape, size)
        odd = [side % 2 for side in size]
        return functional.conv_transpose2d(y, weight, output_padding=odd, **GEOMETRY)

    @staticmethod
    def backward(ctx: Any, x: Tensor) -> Any:  # pyright: ignore
        """Return the gradients of the first two."""
        y, weight = ctx.saved_tensors
        of_y, of_weight, _ = ctx.needs_input_grad
        return (
            Convolve.apply(x, weight, None) if of_y else None,
            WeightGradient.apply(x, y) if of_weight else None,
            None,
        )


class WeightGradient(Function):
    """(x, y) -> the gradient of the weight of a convolution, given that of its output."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, y: Tensor) -> Tensor:
        """Return the sum over images and places."""
        ctx.save_for_backward(x, y)
        channels, features = x.shape[1], y.shape[1]
        if _product("weight", channels, features, min(y.shape[2:])):
            found = _pixels(y).T @ _patches(x)
            return found.view(features, KERNEL, KERNEL, channels).permute(0, 3, 1, 2)
        shape = (features, channels, KERNEL, KERNEL)
        found = conv2d_weight(x, shape, y, **GEOMETRY)  # pyright: ignore
        return found.contiguous(memory_format=torch.channels_last)

    @staticmethod
    def backward(ctx: Any, weight: Tensor) -> Any:  # pyright: ignore
        """Return the gradients of both."""
        x, y = ctx.saved_tensors
        of_x, of_y = ctx.needs_input_grad
        return (
            Transpose.apply(y, weight, x.shape[2:]) if of_x else None,
            Convolve.apply(x, weight, None) if of_y else None,
        )


def _patches(x: Tensor) -> Tensor:
    """Return what each pixel of y sees, (n * h * w, 16 * channels), channels last."""
    padded = functional.pad(x.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1)).contiguous()
    n, height, width, channels = padded.shape
    image, row, pixel, one = padded.stride()
    shape = (n, height // 2 - 1, width // 2 - 1, KERNEL, KERNEL * channels)
    seen = padded.as_strided(shape, (image, 2 * row, 2 * pixel, row, one))
    return seen.reshape(-1, KERNEL * KERNEL * channels)


def _pixels(y: Tensor) -> Tensor:
    """(n, features, h, w) -> (n * h * w, features)."""
    return y.permute(0, 2, 3, 1).reshape(-1, y.shape[1])


def _matrix(weight: Tensor) -> Tensor:
    """(features, channels, 4, 4) -> (features, 16 * channels), in the order of patches."""
    return weight.permute(0, 2, 3, 1).reshape(len(weight), -1)


def _add_up(columns: Tensor, shape: torch.Size, size: torch.Size) -> Tensor:
    """Add what each pixel of y gives to its patch of x; two by two pixels at a time."""
    (n, _, h, w), channels = shape, columns.shape[1] // KERNEL**2
    parts = columns.view(n, h, w, 2, 2, 2, 2, channels)
    pairs = columns.new_zeros(n, h + 1, 2, w + 1, 2, channels)
    for down in (0, 1):
        for right in (0, 1):
            part = parts[:, :, :, down, :, right].transpose(2, 3)
            pairs[:, down : down + h, :, right : right + w] += part
    padded = pairs.view(n, 2 * h + 2, 2 * w + 2, channels)
    return padded[:, 1 : size[0] + 1, 1 : size[1] + 1].permute(0, 3, 1, 2)
