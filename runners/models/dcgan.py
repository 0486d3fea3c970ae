"""DCGAN (Radford et al. 2016, arXiv 1511.06434), one family sized by image and width."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.models.base import Batchwise, Model

if TYPE_CHECKING:
    import torch
    from torch import nn

INIT_STD = 0.02
SLOPE = 0.2


@dataclass(frozen=True, config=STRICT)
class DCGAN(Model):
    """Strided convolutions for square images of 8 to 64 pixels.

    With k = floor(log2(size / 4)) the generator is a dense layer to size / 2^k pixels and
    width * 2^k channels, then k transposed 4x4 stride-2 convolutions, batch norm and ReLU
    between, tanh at the end. The discriminator is k + 1 4x4 stride-2 convolutions of
    width, 2 * width, ... channels with LeakyReLU(.2), then a dense layer to one logit.

    Args:
        width: channels of the discriminator's first layer.
        latent: size of z.
        norm: normalisation in the discriminator after every convolution but the first.
        gain: mean of the batch norms' initial gains, in both networks; 1 is DCGAN's, 0 the slip
            of tutorials that draw gains as they draw weights.
    """

    summary: ClassVar[str] = "strided convolutions, 8 to 64 px, sized by width"
    name: Literal["dcgan"] = "dcgan"
    width: Annotated[int, Field(ge=1, le=512)] = 64
    latent: Annotated[int, Field(ge=1, le=4096)] = 128
    norm: Literal["none", "batch", "layer"] = "none"
    gain: Annotated[float, Field(ge=0)] = 1.0

    @property
    def batchwise(self) -> Batchwise | None:
        """Batch norm sees a whole batch."""
        if self.norm != "batch":
            return None
        cause = "batch norm in the discriminator (model.norm: batch)"
        return Batchwise(cause, "use norm: none or layer")

    def problem(self, shape: tuple[int, ...]) -> str | None:
        """Say why images of (channels, height, width) do not fit, or return None."""
        if len(shape) != 3:
            return "dcgan takes images, not points in the plane; use mlp"
        channels, height, width = shape
        if height != width or not 8 <= height <= 64 or height % 2 ** _levels(height):
            return (
                f"dcgan takes square images of 8, 10, 12, 14 px or a multiple of 4 (16-28), "
                f"8 (32-56) or 16 (64) px, not {height}x{width}"
            )
        if channels not in (1, 3):
            return f"dcgan takes 1 or 3 channels, not {channels}"
        return None

    def generator(self, shape: tuple[int, ...]) -> nn.Module:
        """Return G: latents (batch, latent) -> images (batch, *shape) in [-1, 1]."""
        from torch import nn

        from runners.models.layers import Doubling, to_image

        channels, size, _ = shape
        levels = _levels(size)
        base, features = size >> levels, self.width << levels
        layers: list[nn.Module] = [
            nn.Linear(self.latent, features * base * base, bias=False),
            nn.Unflatten(1, (features, base, base)),
        ]
        for _ in range(levels):
            layers += [nn.BatchNorm2d(features), nn.ReLU()]
            features //= 2
            layers.append(Doubling(features * 2, features, bias=False))
        return nn.Sequential(*layers[:-1], to_image(features * 2, channels), nn.Tanh())

    def discriminator(self, shape: tuple[int, ...]) -> nn.Module:
        """Return D: images (batch, *shape) -> logits (batch,)."""
        from torch import nn

        from runners.models.layers import Halving, from_image

        channels, size, _ = shape
        layers: list[nn.Module] = []
        features = self.width
        for level in range(_levels(size) + 1):
            if level:
                layers.append(Halving(channels, features))
                layers += _norm(self.norm, features)
            else:
                layers.append(from_image(channels, features))
            layers.append(nn.LeakyReLU(SLOPE))
            channels, features, size = features, features * 2, size // 2
        head = [nn.Flatten(), nn.Linear(channels * size * size, 1), nn.Flatten(0)]
        return nn.Sequential(*layers, *head)

    def initialise(self, network: nn.Module, draws: torch.Generator) -> None:
        """Draw weights from N(0, .02) and batch-norm gains from N(gain, .02); zero the biases."""
        from runners.models.initial import normal

        normal(network, draws, INIT_STD, INIT_STD, gain=self.gain)


def _levels(size: int) -> int:
    return (size // 4).bit_length() - 1


def _norm(name: str, features: int) -> list[nn.Module]:
    from torch import nn

    if name == "batch":
        return [nn.BatchNorm2d(features)]
    if name == "layer":  # per sample over channels and pixels; no gain, as in arXiv 1802.05957
        return [nn.GroupNorm(1, features, affine=False)]
    return []
