"""Cutout (DeVries & Taylor 2017, arXiv 1708.04552), as in arXiv 2006.10738."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.augmentations.base import Augmentation
from runners.component import STRICT

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@dataclass(frozen=True, config=STRICT)
class Cutout(Augmentation):
    """Set a rectangle of each image to 0, mid-grey in [-1, 1].

    Its centre is drawn uniformly over the image, so that part of it may lie outside.

    Args:
        share: of each side of the image, rounded to whole pixels.
    """

    summary: ClassVar[str] = "sets a square of each image to 0, a share of its side long"
    name: Literal["cutout"] = "cutout"
    share: Annotated[float, Field(ge=0, le=1)] = 0.5

    def apply(self, images: Tensor, draws: torch.Generator) -> Tensor:
        """Return the images, each with its hole."""
        hit = [self._hit(len(images), size, draws).to(images.device) for size in images.shape[2:]]
        hole = hit[0][:, :, None] & hit[1][:, None, :]
        return images.masked_fill(hole[:, None], 0.0)

    def _hit(self, count: int, size: int, draws: torch.Generator) -> Tensor:
        """Return which rows, or columns, of each image the hole lies over, (count, size)."""
        import torch

        side = int(self.share * size + 0.5)
        centres = torch.randint(0, size + 1 - side % 2, (count, 1), generator=draws)
        places = torch.arange(size) - (centres - side // 2)
        return (places >= 0) & (places < side)
