"""Norms of the discriminator's input gradient on real, generated and interpolated images."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from runners.input_gradients import input_gradient_norms, interpolates


def probes(real: Tensor, fake: Tensor, draws: torch.Generator) -> dict[str, Tensor]:
    """Return the images to probe the discriminator at, by kind.

    Args:
        real, fake: images of one shape; ``draws`` the source of interpolation points.
    """
    return {"real": real, "fake": fake, "interpolates": interpolates(real, fake, draws)}


def input_gradients(discriminator: nn.Module, images: dict[str, Tensor]) -> dict[str, float]:
    """Return the mean of |grad_x D(x)|_2 on each kind of image, and the largest of all."""
    norms = {kind: input_gradient_norms(discriminator, x) for kind, x in images.items()}
    row = {f"input_grad_{kind}": norm.mean().item() for kind, norm in norms.items()}
    return row | {"input_grad_max": torch.cat(list(norms.values())).max().item()}
