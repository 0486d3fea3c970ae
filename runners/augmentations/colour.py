"""Brightness, saturation and contrast (Zhao et al. 2020, arXiv 2006.10738)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.augmentations.base import Augmentation
from runners.component import STRICT

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Strength = Annotated[float, Field(ge=0, le=2)]


@dataclass(frozen=True, config=STRICT)
class Colour(Augmentation):
    """Change each image's brightness, then its saturation, then its contrast.

    Each is drawn uniformly for each image; the defaults are those of the paper's code. Grey
    images have no saturation: there it changes nothing, and the other two act as in colour.

    Args:
        brightness: a number up to this far from 0 is added to all pixels.
        saturation: a pixel's channels go this far from their mean, times up to this more or less.
        contrast: all values go this far from the image's mean, times up to this more or less.
    """

    summary: ClassVar[str] = "changes brightness, contrast and, of RGB images, saturation"
    name: Literal["colour"] = "colour"
    brightness: Strength = 0.5
    saturation: Strength = 1.0
    contrast: Strength = 0.5

    def apply(self, images: Tensor, draws: torch.Generator) -> Tensor:
        """Return the images in other colours; values may leave [-1, 1]."""
        import torch

        drawn = torch.rand(3, len(images), 1, 1, 1, generator=draws).mul(2).sub(1)
        light, colour, contrast = drawn.to(images.device)
        images = images + self.brightness * light
        images = _away(images, images.mean(1, keepdim=True), 1 + self.saturation * colour)
        return _away(images, images.mean((1, 2, 3), keepdim=True), 1 + self.contrast * contrast)


def _away(images: Tensor, mean: Tensor, factor: Tensor) -> Tensor:
    return mean + factor * (images - mean)
