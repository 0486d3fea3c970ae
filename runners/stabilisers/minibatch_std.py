"""Minibatch standard deviation (Karras et al. 2018, arXiv 1710.10196, section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.stabilisers.base import Stabiliser

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, config=STRICT)
class MinibatchDeviation(Stabiliser):
    """Tell D how much its features vary over a group of the batch, before its last layer.

    The paper puts this anywhere, best towards D's end: here it is one more input of the last
    weight layer, a feature of a linear one or a channel of a convolution, whatever comes before.
    That layer keeps its weights, those of the new input begin at 0.

    Args:
        group: samples in a group; more where it does not divide the batch, and all in one where
            the batch is smaller.
    """

    summary: ClassVar[str] = "D sees how much features vary in a batch (arXiv 1710.10196)"
    per_sample: ClassVar[bool] = False
    name: Literal["minibatch_std"] = "minibatch_std"
    group: Annotated[int, Field(ge=2)] = 4

    def wrap_discriminator(self, discriminator: nn.Module, batch_size: int) -> nn.Module:  # noqa: ARG002
        """Widen D's last layer by the deviation of its inputs."""
        from runners.stabilisers.batchwise import Deviation, append

        title = "minibatch standard deviation"
        return append(discriminator, lambda _: Deviation(self.group), 1, title)
