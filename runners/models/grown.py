"""What architectures share that grow from 4 pixels on (Karras et al. 2018, arXiv 1710.10196).

G always returns images of the data's size: what its present resolution makes, each pixel
repeated. D always takes them, and averages them down to that resolution first. So the loop,
methods, scores and sample grids are those of any other pair. No loss reaches layers before their
resolution comes in; what acts on weights themselves does (clipping, orthonormal and spectral
regularisation), so that under these a layer does not come in at its initial weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.models.base import Model

if TYPE_CHECKING:
    import torch
    from torch import nn

SIZES = (8, 16, 32, 64)


@dataclass(frozen=True, config=STRICT)
class Grown(Model):
    """A pair that works on 4x4 pixels first, and on twice as many a side with every phase.

    The stage says where growing stands: at a whole number k images have 4 * 2^k pixels a side;
    between k - 1 and k that resolution fades in with the weight alpha = stage - (k - 1). It is
    a function of the step alone. All layers exist from the start. One that is not in use yet has
    no gradient, so that no optimiser moves it; what a method does to weights themselves (clips
    them, iterates on their norms) it does to these too, as it would at their first update.

    Args:
        width: channels at full resolution, and twice as many with every halving.
        phase_steps: generator steps per resolution; the last one lasts to the end.
        fade: share of its phase in which a new resolution fades in.
    """

    width: Annotated[int, Field(ge=1, le=512)] = 32
    phase_steps: Annotated[int, Field(ge=1)] = 1000
    fade: Annotated[float, Field(ge=0, le=1)] = 0.5

    @property
    def grows(self) -> bool:
        """Whether it begins at 4 pixels."""
        return True

    def problem(self, shape: tuple[int, ...]) -> str | None:
        """Say why images of (channels, height, width) do not fit, or return None."""
        if len(shape) != 3:
            return f"{self.name} takes images, not points in the plane; use mlp"
        channels, height, width = shape
        if height != width or height not in SIZES:
            sizes = ", ".join(map(str, SIZES[:-1]))
            return (
                f"{self.name} takes square images of {sizes} or {SIZES[-1]} px, not "
                f"{height}x{width}; torchvision's sets and folders are resized by dataset.size"
            )
        return None if channels in (1, 3) else f"{self.name} takes 1 or 3 channels, not {channels}"

    def discriminator(self, shape: tuple[int, ...]) -> nn.Module:
        """Return D: images (batch, *shape) -> logits (batch,)."""
        from torch import nn

        from runners.models.growing import SLOPE, GrowingFeatures

        widths = self.widths(shape)
        return nn.Sequential(
            GrowingFeatures(shape[0], widths, self._first(widths)),
            nn.Conv2d(widths[0], widths[0], 3, padding=1),
            nn.LeakyReLU(SLOPE),
            nn.Flatten(),
            nn.Linear(16 * widths[0], widths[0]),
            nn.LeakyReLU(SLOPE),
            nn.Linear(widths[0], 1),
            nn.Flatten(0),
        )

    def advance(self, generator: nn.Module, discriminator: nn.Module, step: int) -> None:
        """Bring both networks to the stage of a step."""
        from runners.models.growing import Grows

        for network in (generator, discriminator):
            for module in network.modules():
                if isinstance(module, Grows):
                    module.stage.fill_(self.stage(step, module.levels))

    def stage(self, step: int, levels: int) -> float:
        """Return where growing stands at a step.

        Args:
            step: 0 before training.
            levels: resolutions above 4 pixels, at which it ends.
        """
        if not self.grows:
            return float(levels)
        before = max(0, step - 1)
        level = min(before // self.phase_steps, levels)
        since, lasts = before - level * self.phase_steps, self.fade * self.phase_steps
        return float(level if not level or since >= lasts else level - 1 + since / lasts)

    def widths(self, shape: tuple[int, ...]) -> list[int]:
        """Return the channels at each resolution, from 4 pixels on."""
        levels = SIZES.index(shape[-1]) + 1
        return [self.width << (levels - level) for level in range(levels + 1)]

    def _first(self, widths: list[int]) -> int:
        """Return the coarsest level at which images are made and seen."""
        return 0 if self.grows else len(widths) - 1

    def initialise(self, network: nn.Module, draws: torch.Generator) -> None:
        """Draw weights from N(0, sqrt(2 / (1 + slope^2) / inputs)), and zero the biases."""
        from torch import nn

        from runners.models.growing import SLOPE

        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, SLOPE, generator=draws)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
