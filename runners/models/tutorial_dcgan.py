"""The DCGAN of the Coursera specialisation on GANs (Zhou et al. 2020), for MNIST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.models.base import BATCH_NORM, Batchwise, Model

if TYPE_CHECKING:
    import torch
    from torch import nn

INIT_STD = 0.02
SLOPE = 0.2


@dataclass(frozen=True, config=STRICT)
class TutorialDCGAN(Model):
    """Unpadded convolutions between one pixel and 28.

    The generator is four transposed convolutions, 1 -> 3 -> 6 -> 13 -> 28 pixels, batch norm
    and ReLU between, tanh at the end; the discriminator three 4x4 stride-2 convolutions,
    28 -> 13 -> 5 -> 1, LeakyReLU(.2) between. A bias before a batch norm, which would take it
    away again, is left out. Weights are drawn from N(0, .02), and so are the gains of the batch
    norms, as in the tutorial.

    Args:
        latent: size of z.
        gain: mean of the batch norms' initial gains, in both networks. The tutorial's 0 holds G
            back at first. With DCGAN's 1 it outran this small D on MNIST at Adam 2e-4: one image
            for all latents, under none and spectral norm alike, for as long as was tried (2,000
            steps).
        norm: normalisation in the discriminator after every convolution but the last; the
            tutorial has batch norm there, also under spectral norm.
    """

    summary: ClassVar[str] = "the Coursera specialisation's DCGAN, 28x28 grey"
    linear_head: ClassVar[bool] = False
    name: Literal["tutorial_dcgan"] = "tutorial_dcgan"
    latent: Annotated[int, Field(ge=1, le=4096)] = 64
    norm: Literal["none", "batch"] = "none"
    gain: Annotated[float, Field(ge=0)] = 0.0

    @property
    def batchwise(self) -> Batchwise | None:
        """Batch norm sees a whole batch."""
        return BATCH_NORM if self.norm == "batch" else None

    def problem(self, shape: tuple[int, ...]) -> str | None:
        """Say why data of ``shape`` do not fit, or return None."""
        from runners.models.fit import misfit

        return misfit(self.name, shape, (28,), (1,))

    def generator(self, shape: tuple[int, ...]) -> nn.Module:  # noqa: ARG002
        """Return G: latents (batch, latent) -> images (batch, 1, 28, 28) in [-1, 1]."""
        from torch import nn

        layers: list[nn.Module] = [nn.Unflatten(1, (self.latent, 1, 1))]
        channels = self.latent
        for width, kernel, stride in ((256, 3, 2), (128, 4, 1), (64, 3, 2)):
            layers += [
                nn.ConvTranspose2d(channels, width, kernel, stride, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            ]
            channels = width
        return nn.Sequential(*layers, nn.ConvTranspose2d(channels, 1, 4, 2), nn.Tanh())

    def discriminator(self, shape: tuple[int, ...]) -> nn.Module:  # noqa: ARG002
        """Return D: images (batch, 1, 28, 28) -> logits (batch,)."""
        from torch import nn

        layers: list[nn.Module] = []
        channels, normed = 1, self.norm == "batch"
        for width in (16, 32):
            layers.append(nn.Conv2d(channels, width, 4, 2, bias=not normed))
            layers += [nn.BatchNorm2d(width)] if normed else []
            layers.append(nn.LeakyReLU(SLOPE))
            channels = width
        return nn.Sequential(*layers, nn.Conv2d(channels, 1, 4, 2), nn.Flatten(0))

    def initialise(self, network: nn.Module, draws: torch.Generator) -> None:
        """Draw weights from N(0, .02) and batch-norm gains from N(gain, .02); zero the biases."""
        from runners.models.initial import normal

        normal(network, draws, INIT_STD, INIT_STD, gain=self.gain)
