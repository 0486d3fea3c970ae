"""Mirroring left and right."""

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
class Flip(Augmentation):
    """Mirror each image left and right with probability p, grey ones like those in colour.

    At p = .5 an image and its mirror image are equally likely, so D cannot tell which is real and
    G may make either: the leak of arXiv 2006.06676, section 2.2. That is right for natural
    images, and wrong for digits and letters, whose mirror images are none; below .5 it does not
    leak.

    Args:
        p: probability.
    """

    summary: ClassVar[str] = "mirrors each image left-right with probability p; not for digits"
    name: Literal["flip"] = "flip"
    p: Annotated[float, Field(ge=0, le=1)] = 0.5

    def apply(self, images: Tensor, draws: torch.Generator) -> Tensor:
        """Return each image or its mirror image."""
        import torch

        mirrored = torch.rand(len(images), 1, 1, 1, generator=draws) < self.p
        return torch.where(mirrored.to(images.device), images.flip(3), images)
