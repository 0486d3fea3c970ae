"""Bounds on the discriminator's Lipschitz constant in the 2-norm, from above and from below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from runners.diagnostics.operator_norm import TOLERANCE
from runners.lipschitz.effective import input_gradient_norms

ASCENT_STEPS = 8
ASCENT_FROM = 16  # the samples of largest gradient
ONE = (nn.LeakyReLU, nn.ReLU, nn.Tanh, nn.Flatten, nn.Unflatten, nn.Identity)


def upper_bound(
    discriminator: nn.Module, operator_norms: Sequence[float]
) -> tuple[float | None, str | None]:
    """Return the product of operator norms and activation constants, or why there is none.

    Args:
        operator_norms: of the weight layers; they are estimates from below to a relative
            TOLERANCE, which the bound makes up for.
    """
    if not isinstance(discriminator, nn.Sequential):
        return None, f"no chain of layers: {type(discriminator).__name__}"
    constants = []
    for module in discriminator:
        constant, why = _constant(module)
        if why:
            return None, why
        constants.append(constant)
    slack = (1 + TOLERANCE) ** len(operator_norms)
    return math.prod(operator_norms) * math.prod(constants) * slack, None


def _constant(module: nn.Module) -> tuple[float, str | None]:
    if isinstance(module, nn.Conv2d | nn.Linear):
        return 1.0, None  # counted by its operator norm
    if isinstance(module, nn.LeakyReLU):
        return max(1.0, abs(module.negative_slope)), None
    if isinstance(module, ONE):
        return 1.0, None
    if isinstance(module, nn.GroupNorm):  # x -> (x - mean) / sqrt(var + eps): vacuous but true
        gain = 1.0 if module.weight is None else module.weight.abs().max().item()
        return gain / math.sqrt(module.eps), None
    if isinstance(module, nn.BatchNorm2d):
        return 0.0, "batch norm in train mode has no per-sample Lipschitz constant"
    return 0.0, f"no Lipschitz constant known for {type(module).__name__}"


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


def ledger(
    discriminator: nn.Module, images: Tensor, operator_norms: Sequence[float]
) -> dict[str, Any]:
    """Return lower and upper bound, their ratio, and why the upper one is undefined if it is."""
    lower = lower_bound(discriminator, images)
    upper, why = upper_bound(discriminator, operator_norms)
    return {
        "lipschitz_lower": lower,
        "lipschitz_upper": upper,
        "upper_undefined": why,
        "tightness": lower / upper if upper else None,
    }
