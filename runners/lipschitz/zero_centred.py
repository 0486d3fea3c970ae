"""Penalties that ask for no slope at the data themselves: what R1, R2 and both of them share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.lipschitz.base import check
from runners.lipschitz.penalty import SlopePenalty

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


@dataclass(frozen=True, config=STRICT)
class ZeroCentred(SlopePenalty):
    """Add gamma/2 * E[|grad_x D(x)|^2], over each kind of data that ``at`` names.

    Args:
        gamma: twice the weight of the squared norm.
    """

    promises: ClassVar[bool] = False
    at: ClassVar[tuple[str, ...]] = ()
    gamma: Annotated[float, Field(gt=0)] = 10.0

    def term(
        self,
        discriminator: nn.Module,
        real: Tensor,
        fake: Tensor,
        draws: torch.Generator,  # noqa: ARG002
    ) -> Tensor:
        """Return the penalty; D never sees two kinds of data in one batch."""
        import torch

        from runners.input_gradients import input_gradient_norms

        data = {"real": real, "fake": fake}
        norms = [
            input_gradient_norms(discriminator, data[kind], create_graph=True) for kind in self.at
        ]
        return self.gamma / 2 * torch.stack(norms).square().sum() / len(real)

    def conformance(
        self,
        discriminator: nn.Module,  # noqa: ARG002
        gradients: Mapping[str, float],
    ) -> dict[str, dict[str, Any]]:
        """Measure the gradients penalised; 0 is a direction, and no D that learns arrives there."""
        names = {"real": "real", "fake": "generated"}
        return {
            kind: check(
                f"mean gradient norm on {names[kind]} images", gradients[f"input_grad_{kind}"]
            )
            for kind in self.at
        }
