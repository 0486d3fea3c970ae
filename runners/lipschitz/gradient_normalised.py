"""D over its own gradient norm."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from runners.errors import Unbounded

SMALLEST = 1e-12  # of what is divided by: D and its gradient may both be zero


class GradientNormalised(nn.Module):
    """scale * D(x) / (|grad_x D(x)|_2 + |D(x)|), per sample, in the precision of x.

    Where D is linear around x, with gradient w, the result has gradient norm
    scale * |w|^2 / (|w| + |D(x)|)^2, at most the scale.

    Args:
        inner: D, whose logit of a sample depends on that sample alone.
        scale: K.
    """

    def __init__(self, inner: nn.Module, scale: float) -> None:
        super().__init__()
        self.inner, self.scale = inner, scale

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (batch,), through which gradients pass to x and to the parameters."""
        graph = torch.is_grad_enabled()
        with torch.enable_grad():
            x = x if x.requires_grad else x.detach().requires_grad_(True)
            logits = self.inner(x).to(x.dtype)
            (slope,) = torch.autograd.grad(logits.sum(), x, create_graph=graph)
        norm = slope.flatten(1).norm(dim=1)
        return self.scale * logits / (norm + logits.abs()).clamp_min(SMALLEST)

    def lipschitz_bound(self, of: Callable[[nn.Module], float]) -> float:  # noqa: ARG002
        """Raise: from one linear piece of D to the next its gradient norm jumps, and this with it.

        Raises:
            Unbounded: always.
        """
        raise Unbounded(
            "gradient normalisation bounds the gradient inside each linear piece of D; "
            "where pieces meet it can jump"
        )
