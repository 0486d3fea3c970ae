"""Translation by whole pixels (Zhao et al. 2020, arXiv 2006.10738)."""

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
class Shift(Augmentation):
    """Move each image by whole pixels; what enters is 0, mid-grey in [-1, 1].

    Args:
        pixels: the move down and the move right are each drawn uniformly from -pixels to pixels.
    """

    summary: ClassVar[str] = "moves each image by up to so many pixels either way, padded with 0"
    name: Literal["shift"] = "shift"
    pixels: Annotated[int, Field(ge=0)] = 1

    def problem(self, shape: tuple[int, ...]) -> str | None:
        """Refuse points, and moves out of the picture."""
        if len(shape) == 3 and self.pixels >= min(shape[1:]):
            return f"pixels: {self.pixels} moves images of {min(shape[1:])} pixels out of sight"
        return super().problem(shape)

    def apply(self, images: Tensor, draws: torch.Generator) -> Tensor:
        """Return the moved images."""
        import torch

        count, _, height, width = images.shape
        moves = torch.randint(-self.pixels, self.pixels + 1, (2, count, 1), generator=draws)
        down, right = moves.to(images.device)
        padded = torch.nn.functional.pad(images, [self.pixels] * 4)
        rows = torch.arange(height, device=images.device) + self.pixels - down
        columns = torch.arange(width, device=images.device) + self.pixels - right
        which = torch.arange(count, device=images.device).view(-1, 1, 1)
        return padded.permute(0, 2, 3, 1)[which, rows[:, :, None], columns[:, None]].permute(
            0, 3, 1, 2
        )
