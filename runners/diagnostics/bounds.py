"""Bounds on the discriminator's Lipschitz constant in the 2-norm, from above and from below."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from runners.errors import Unbounded
from runners.input_gradients import input_gradient_norms
from runners.weights import Layer, weight_layers

ASCENT_STEPS = 8
ASCENT_FROM = 16  # the samples of largest gradient
GELU = (1 + math.erf(1)) / 2 + math.exp(-1) / math.sqrt(math.pi)
"""The largest slope of x * Phi(x), 1.1290: that at sqrt(2), where 2 phi = x^2 phi."""

ONE = (nn.LeakyReLU, nn.ReLU, nn.Tanh, nn.Flatten, nn.Unflatten, nn.Identity)


def upper_bound(
    discriminator: nn.Module, operator_uppers: Mapping[str, float | None]
) -> tuple[float | None, str | None]:
    """Return an upper bound of D's Lipschitz constant, or why there is none.

    Along a chain constants multiply; any other module says how its children combine.

    Args:
        operator_uppers: upper bounds of the operator norms of the weight layers in use, by name;
            None where none is known.
    """
    uppers: dict[nn.Module, float | None] = {
        layer: operator_uppers[name]
        for name, layer in weight_layers(discriminator)
        if name in operator_uppers
    }
    try:
        constant = _Constants(uppers).of(discriminator)
    except Unbounded as why:
        return None, str(why)
    return constant, None


class _Constants:
    """Lipschitz constants of modules, from upper bounds of their layers' norms."""

    def __init__(self, uppers: Mapping[nn.Module, float | None]) -> None:
        self.uppers = uppers

    def of(self, module: nn.Module) -> float:
        """Return an upper bound of one module, or of the whole network."""
        own = getattr(module, "lipschitz_bound", None)
        if callable(own):
            return float(own(self.of))  # pyright: ignore
        if isinstance(module, nn.Sequential):
            return math.prod(map(self.of, module))
        if isinstance(module, Layer):
            upper = self.uppers.get(module)
            if upper is None:
                raise Unbounded(f"no bound of the operator norm known for {type(module).__name__}")
            return upper
        return _activation(module)


def _activation(module: nn.Module) -> float:
    if isinstance(module, nn.LeakyReLU):
        return max(1.0, abs(module.negative_slope))
    if isinstance(module, ONE):
        return 1.0
    if isinstance(module, nn.GELU) and module.approximate == "none":
        return GELU
    if isinstance(module, nn.AvgPool2d) and _apart(module):
        return 1 / math.sqrt(math.prod(_sides(module.kernel_size)))
    if isinstance(module, nn.GroupNorm):  # x -> (x - mean) / sqrt(var + eps): vacuous but true
        gain = 1.0 if module.weight is None else module.weight.abs().max().item()
        return gain / math.sqrt(module.eps)
    if isinstance(module, nn.BatchNorm2d):
        raise Unbounded("batch norm in train mode has no per-sample Lipschitz constant")
    raise Unbounded(f"no Lipschitz constant known for {type(module).__name__}")


def _apart(pool: nn.AvgPool2d) -> bool:
    """Whether each output is the mean of inputs of its own: k rows of weight 1/k, orthogonal."""
    plain = not pool.ceil_mode and not any(_sides(pool.padding)) and not pool.divisor_override
    return plain and _sides(pool.kernel_size) == _sides(pool.stride)


def _sides(size: int | tuple[int, ...]) -> tuple[int, ...]:
    return (size, size) if isinstance(size, int) else tuple(size)


def lower_bound(discriminator: nn.Module, images: Tensor) -> float:
    """Return the largest |grad_x D(x)|_2 found at images and on short walks from the steepest.

    Under LeakyReLU D is piecewise linear, so the gradient of its gradient norm is zero almost
    everywhere; the walk follows D's own gradient, both ways, into neighbouring pieces. Any
    point visited gives a valid bound.

    Args:
        images: (n, channels, height, width) in [-1, 1].
    """
    norms = input_gradient_norms(discriminator, images)
    steepest = norms.topk(min(ASCENT_FROM, len(norms))).indices
    best = norms.max().item()
    radius = 0.05 * math.sqrt(images[0].numel())
    for sign in (1, -1):
        x = images[steepest]
        for _ in range(ASCENT_STEPS):
            x, norms = _walk(discriminator, x, sign * radius)
            best = max(best, norms.max().item())
    return best


def _walk(discriminator: nn.Module, x: Tensor, radius: float) -> tuple[Tensor, Tensor]:
    x = x.detach().requires_grad_(True)
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(discriminator(x).sum(), x)
    norms = gradient.flatten(1).norm(dim=1)
    direction = gradient / norms.clamp_min(1e-12).view(-1, *[1] * (x.dim() - 1))
    return (x.detach() + radius * direction).clamp(-1, 1), norms


def bounds(
    discriminator: nn.Module, images: Tensor, operator_uppers: Mapping[str, float | None]
) -> dict[str, Any]:
    """Return lower and upper bound, their ratio, and why the upper one is undefined if it is.

    Args:
        images: where the lower bound is looked for, (n, channels, height, width) in [-1, 1].
        operator_uppers: upper bounds of the norms of the weight layers in use, by name.
    """
    lower = lower_bound(discriminator, images)
    upper, why = upper_bound(discriminator, operator_uppers)
    return {
        "lipschitz_lower": lower,
        "lipschitz_upper": upper,
        "upper_undefined": why,
        "tightness": lower / upper if upper else None,
    }
