"""Gradients of the discriminator with respect to its input, and the points they are taken at."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def interpolates(real: Tensor, fake: Tensor, draws: torch.Generator) -> Tensor:
    """Return eps * real + (1 - eps) * fake, with one eps ~ U[0, 1] per sample.

    Args:
        real, fake: (batch, ...), of one shape.
        draws: the source of eps.
    """
    shape = (real.shape[0],) + (1,) * (real.dim() - 1)
    eps = torch.rand(shape, generator=draws, dtype=real.dtype).to(real.device)
    return torch.lerp(fake, real, eps)


def input_gradient_norms(discriminator: nn.Module, x: Tensor, create_graph: bool = False) -> Tensor:
    """Return |grad_x D(x)|_2 of the logit for each sample, shape (batch,)."""
    x = x.detach().requires_grad_(True)
    with torch.enable_grad():
        logits = discriminator(x)
        (gradient,) = torch.autograd.grad(logits.sum(), x, create_graph=create_graph)
    return gradient.flatten(1).norm(dim=1)
