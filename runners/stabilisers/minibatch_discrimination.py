"""Minibatch discrimination (Salimans et al. 2016, arXiv 1606.03498, section 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.stabilisers.base import Stabiliser

if TYPE_CHECKING:
    from torch import nn

    from runners.models.base import Model


@dataclass(frozen=True, config=STRICT)
class MinibatchDiscrimination(Stabiliser):
    """Tell D how close each sample is to the others of its batch, before its last layer.

    The projections are a linear layer of D, which methods constrain as any other; they are drawn
    with rows of mean square norm 1. D's last layer keeps its weights, those of the new features
    begin at 0. The paper's code has 100 kernels of 5 dimensions; time and memory
    go with batch^2 * kernels * dims.

    Args:
        kernels: features that are added.
        dims: numbers in which each compares samples.
    """

    summary: ClassVar[str] = "D sees how close a sample is to others (arXiv 1606.03498)"
    per_sample: ClassVar[bool] = False
    name: Literal["minibatch_discrimination"] = "minibatch_discrimination"
    kernels: Annotated[int, Field(ge=1, le=1024)] = 16
    dims: Annotated[int, Field(ge=1, le=256)] = 5

    def problem(self, model: Model, shape: tuple[int, ...]) -> str | None:  # noqa: ARG002
        """Refuse a D without a linear layer at its end."""
        if model.linear_head:
            return None
        return (
            f"adds to the inputs of D's last linear layer, and {model.name}'s D ends in a "
            "convolution; use minibatch_std, or another model"
        )

    def wrap_discriminator(self, discriminator: nn.Module, batch_size: int) -> nn.Module:
        """Widen D's last layer by what its inputs say of the batch."""
        from runners.stabilisers.batchwise import Closeness, append

        def closeness(features: int) -> nn.Module:
            return Closeness(features, self.kernels, self.dims, batch_size - 1)

        return append(discriminator, closeness, self.kernels, "minibatch discrimination")
