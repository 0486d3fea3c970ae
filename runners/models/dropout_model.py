"""What the tutorials' pairs share whose discriminator has dropout."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.models.base import Model

if TYPE_CHECKING:
    from torch import nn

SLOPE = 0.2


@dataclass(frozen=True, config=STRICT)
class DropoutModel(Model):
    """A discriminator of two stride-2 convolutions with dropout, for 28x28 grey images."""

    kernel: ClassVar[int] = 3
    """Of the convolutions."""

    if TYPE_CHECKING:

        @property
        def dropout(self) -> float:
            """Share of zeros after each convolution."""
            ...

    def problem(self, shape: tuple[int, ...]) -> str | None:
        """Say why data of ``shape`` do not fit, or return None."""
        from runners.models.fit import misfit

        return misfit(self.name, shape, (28,), (1,))

    def discriminator(self, shape: tuple[int, ...]) -> nn.Module:  # noqa: ARG002
        """Return D: images (batch, 1, 28, 28) -> logits (batch,)."""
        from torch import nn

        from runners.models.dropout import Dropout

        layers: list[nn.Module] = []
        for channels, features in ((1, 64), (64, 128)):
            layers.append(nn.Conv2d(channels, features, self.kernel, 2, self.kernel // 2))
            layers += [nn.LeakyReLU(SLOPE), Dropout(self.dropout)]
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 7 * 7, 1), nn.Flatten(0))

    def advance(self, generator: nn.Module, discriminator: nn.Module, step: int) -> None:  # noqa: ARG002
        """Start D's masks of a step."""
        from runners.models.dropout import advance

        advance(discriminator, step)
