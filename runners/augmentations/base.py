"""The contract of every augmentation: a random, differentiable change of what D sees.

Real and generated images are changed alike, in the updates of D and of G, so that G learns the
images and not their changes (Zhao et al. 2020, arXiv 2006.10738). That holds where the
distribution of images can be told from that of their changes; otherwise the change leaks into
what G makes (Karras et al. 2020, arXiv 2006.06676, section 2.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic.dataclasses import dataclass

from runners.component import STRICT, Component

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@dataclass(frozen=True, config=STRICT)
class Augmentation(Component):
    """A random change of every image that D sees, drawn for each image of each batch anew.

    It is never told whether images are real, and changes each without a look at the others of
    its batch, so that D(x_i) still depends on x_i alone.
    """

    summary: ClassVar[str] = ""

    def problem(self, shape: tuple[int, ...]) -> str | None:
        """Say why data of ``shape`` (channels, height, width) or (2,) do not fit, or None."""
        return None if len(shape) == 3 else "changes images, not points in the plane; leave it out"

    def apply(self, images: Tensor, draws: torch.Generator) -> Tensor:
        """Return the changed images, differentiably in the given ones.

        Args:
            images: (batch, channels, height, width), real ones in [-1, 1].
            draws: on the CPU; the only source of random numbers, of its own for each batch.
        """
        raise NotImplementedError(f"{type(self).__name__} changes nothing")
