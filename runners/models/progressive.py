"""Progressive growing (Karras et al. 2018, arXiv 1710.10196)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.models.grown import Grown

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, config=STRICT)
class Progressive(Grown):
    """G and D that begin with 4x4 pixels and grow to 8, 16, 32 or 64.

    Every resolution is two 3x3 convolutions with LeakyReLU(.2) in either network, after pixels
    are repeated in G and before they are averaged in D; 1x1 convolutions make and see images.
    G has batch norm after each activation, where the paper has pixel norm: with the stabilisers
    pixel_norm (in its place), equalised_lr and minibatch_std it is the paper's system, and
    without them it is normalised as other architectures here are, for plain convolutions so deep
    need something. tanh keeps images in [-1, 1], where the paper has nothing.

    Args:
        latent: size of z.
    """

    summary: ClassVar[str] = "grows from 4x4 to 8, 16, 32 or 64 px, each resolution fading in"
    name: Literal["progressive"] = "progressive"
    latent: Annotated[int, Field(ge=1, le=4096)] = 128

    def generator(self, shape: tuple[int, ...]) -> nn.Module:
        """Return G: latents (batch, latent) -> images (batch, *shape) in [-1, 1]."""
        from runners.models.progressive_generator import ProgressiveGenerator

        return ProgressiveGenerator(self.latent, shape[0], self.widths(shape))
