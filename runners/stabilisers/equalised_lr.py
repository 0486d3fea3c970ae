"""Equalised learning rate (Karras et al. 2018, arXiv 1710.10196, section 4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.stabilisers.base import Stabiliser

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, config=STRICT)
class EqualisedLearningRate(Stabiliser):
    """Scale every conv and linear weight of G and D at run time by He's constant, sqrt(2 / inputs).

    Raw weights are the run's shared draws divided by their root mean square, layer by layer, so
    that initial effective weights have He's variance 2 / inputs (arXiv 1502.01852) whatever the
    architecture's own. Methods constrain the effective weight. Biases are as they were.
    """

    summary: ClassVar[str] = "weights scaled at run time by He's constant (arXiv 1710.10196)"
    name: Literal["equalised_lr"] = "equalised_lr"

    def wrap_generator(self, generator: nn.Module) -> nn.Module:
        """Scale G's weights."""
        from runners.stabilisers.he import equalise

        return equalise(generator)

    def wrap_discriminator(self, discriminator: nn.Module, batch_size: int) -> nn.Module:  # noqa: ARG002
        """Scale D's weights."""
        from runners.stabilisers.he import equalise

        return equalise(discriminator)
