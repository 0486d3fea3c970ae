"""Pixelwise normalisation of features in G (Karras et al. 2018, arXiv 1710.10196, section 4.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.stabilisers.base import Stabiliser

if TYPE_CHECKING:
    from torch import nn

    from runners.models.base import Model


@dataclass(frozen=True, config=STRICT)
class PixelNorm(Stabiliser):
    """Use x / sqrt(mean_c x^2 + 1e-8) behind every hidden activation of G, and no batch norm.

    Of a batch norm its learned shift stays, as the bias of the layer before, which has none.
    """

    summary: ClassVar[str] = "in G, x / sqrt(mean_c x^2) for batch norm (arXiv 1710.10196)"
    name: Literal["pixel_norm"] = "pixel_norm"

    def problem(self, model: Model, shape: tuple[int, ...]) -> str | None:  # noqa: ARG002
        """Refuse a G without convolutions."""
        if model.convolutional:
            return None
        return f"normalises pixels of feature maps, and {model.name}'s G has none; leave it out"

    def wrap_generator(self, generator: nn.Module) -> nn.Module:
        """Normalise G's pixels."""
        from runners.stabilisers.pixels import pixel_normed

        return pixel_normed(generator)
