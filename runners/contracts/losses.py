"""What every loss keeps."""

from __future__ import annotations

import torch

from runners.contracts.base import Check, require
from runners.losses import Loss


def _logits(seed: int) -> torch.Tensor:
    return torch.randn(50, generator=torch.Generator().manual_seed(seed))


def described(loss: Loss) -> None:
    """One line for `bench list`."""
    require(loss.summary, "its summary is empty; give formula and source in a line")


def scalars(loss: Loss) -> None:
    """Both losses are finite scalars through which gradients pass."""
    real, fake = (_logits(seed).requires_grad_(True) for seed in (0, 1))
    for name, value in (
        ("discriminator", loss.discriminator(real, fake)),
        ("generator", loss.generator(real, fake) if loss.relative else loss.generator(fake)),
    ):
        require(value.shape == (), f"the {name} loss has shape {tuple(value.shape)}, not a scalar")
        require(torch.isfinite(value), f"the {name} loss is {value.item()}")
        (gradient,) = torch.autograd.grad(value, fake, retain_graph=True)
        require(gradient.abs().sum() > 0, f"no gradient of the {name} loss reaches fake logits")


def relative(loss: Loss) -> None:
    """Where G's loss compares, gradients pass to real logits too."""
    if not loss.relative:
        return
    real, fake = (_logits(seed).requires_grad_(True) for seed in (0, 1))
    (gradient,) = torch.autograd.grad(loss.generator(real, fake), real, allow_unused=True)
    compares = gradient is not None and gradient.abs().sum() > 0
    require(compares, "relative, yet the generator loss does not depend on real logits")


def zero_decides(loss: Loss) -> None:
    """Where the sign of a logit is the decision, real and generated data are mirror images."""
    if not loss.zero_decides:
        return
    real, fake = _logits(0), _logits(1)
    gap = (loss.discriminator(real, fake) - loss.discriminator(-fake, -real)).abs()
    require(gap < 1e-5, "zero_decides, yet its loss is not the same with signs and roles swapped")


CHECKS: tuple[Check, ...] = (described, scalars, relative, zero_decides)
