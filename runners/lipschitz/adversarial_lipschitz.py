"""Adversarial Lipschitz regularisation (Terjek 2020, arXiv 1907.05681)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.lipschitz.base import check
from runners.lipschitz.gradient_penalty import NEAR
from runners.lipschitz.penalty import Penalty

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


@dataclass(frozen=True, config=STRICT)
class AdversarialLipschitz(Penalty):
    """Add lambda_lp * E[max(0, |D(x) - D(x + r)| / |r| - K)^2] over real and generated x.

    r is eps times the direction in which D changes most, found by power iteration from a random
    one and constant under autograd, so that no gradient of a gradient is needed. Dropout is left
    out here, as two passes have two masks. As in the
    author's code, images are clipped to [-1, 1] wherever a direction leads.

    Args:
        lambda_lp: weight of the penalty.
        scale: K, the Lipschitz constant asked for.
        xi: length of the step that looks for the direction.
        eps_min, eps_max: ends of the range that eps is drawn from, for each x.
        n_power_iterations: steps that look for the direction.
        lazy: see :class:`runners.lipschitz.penalty.Penalty`.
    """

    summary: ClassVar[str] = "lambda_lp * E[max(0, |D(x) - D(x + r)| / |r| - K)^2], worst r"
    per_sample_gradient: ClassVar[bool] = True
    name: Literal["adversarial_lipschitz"] = "adversarial_lipschitz"
    lambda_lp: Annotated[float, Field(gt=0)] = 10.0
    scale: Annotated[float, Field(gt=0)] = 1.0
    xi: Annotated[float, Field(gt=0)] = 10.0
    eps_min: Annotated[float, Field(gt=0)] = 0.1
    eps_max: Annotated[float, Field(gt=0)] = 10.0
    n_power_iterations: Annotated[int, Field(ge=1, le=100)] = 1

    def term(
        self, discriminator: nn.Module, real: Tensor, fake: Tensor, draws: torch.Generator
    ) -> Tensor:
        """Return the penalty on both batches together."""
        import torch

        from runners.models.dropout import without_masks

        # differences of like numbers: in full precision, by one D
        with torch.autocast(real.device.type, enabled=False), without_masks(discriminator):
            x = torch.cat([real, fake])
            logits = discriminator(x)
            share, start = _drawn(x, draws)
            eps = self.eps_min + (self.eps_max - self.eps_min) * share
            moved = _inside(x + eps * self.worst(discriminator, x, logits.detach(), start))
            lengths = _norms(moved - x).clamp_min(1e-10).flatten()
            slopes = (logits - discriminator(moved)).abs() / lengths
            return self.lambda_lp * (slopes - self.scale).relu().square().mean()

    def worst(
        self, discriminator: nn.Module, x: Tensor, logits: Tensor, direction: Tensor
    ) -> Tensor:
        """Return unit directions in which D changes most from x, by power iteration.

        Args:
            logits: D(x), without gradient.
            direction: where to begin, of the shape of x.
        """
        import torch

        for _ in range(self.n_power_iterations):
            direction = _unit(direction).requires_grad_(True)
            with torch.enable_grad():
                there = discriminator(_inside(x + self.xi * direction))
                change = (there - logits).abs().sum()
                (direction,) = torch.autograd.grad(change, direction)
        return _unit(direction)

    def conformance(
        self,
        discriminator: nn.Module,  # noqa: ARG002
        gradients: Mapping[str, float],
    ) -> dict[str, dict[str, Any]]:
        """Measure by how much mean gradient norms exceed K: |D(x) - D(x + r)| / |r| of small r."""
        mean = max(gradients["input_grad_real"], gradients["input_grad_fake"])
        what = "mean gradient norm on real or generated images above K"
        return {"gradient": check(what, max(0.0, mean - self.scale), 0.0, NEAR * self.scale)}


def _drawn(x: Tensor, draws: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return U[0, 1] for each sample, and U[-1/2, 1/2] for each value."""
    import torch

    share = torch.rand(len(x), *[1] * (x.dim() - 1), generator=draws, dtype=x.dtype)
    noise = torch.rand(x.shape, generator=draws, dtype=x.dtype) - 0.5
    return share.to(x.device), noise.to(x.device)


def _inside(x: Tensor) -> Tensor:
    """Return images clipped to their range, and points as they are."""
    return x.clamp(-1, 1) if x.dim() == 4 else x


def _norms(x: Tensor) -> Tensor:
    return x.flatten(1).norm(dim=1).view(-1, *[1] * (x.dim() - 1))


def _unit(x: Tensor) -> Tensor:
    return x / _norms(x).clamp_min(1e-10)
