"""StyleGAN (Karras et al. 2019, arXiv 1812.04948)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.models.grown import SIZES, Grown

if TYPE_CHECKING:
    import torch
    from torch import nn


@dataclass(frozen=True, config=STRICT)
class StyleGAN(Grown):
    """A mapping network, a learned constant, noise and adaptive instance norm; D is plain.

    All that G draws is in its latent, in this order: two z, one normal number that says by its
    CDF whether and after which layer the style of the second z takes over, and the noise of every
    layer. So it is keyed and repeatable as z is in other architectures. In eval mode styles are
    not mixed, and the second z is not used. Every sample draws its own crossover; the authors'
    code draws one a batch. There are no blurred resizings and no truncation.

    Args:
        size: pixels of the images, which decide how much noise a latent holds.
        z: size of z, of the style and of every mapping layer.
        mapping_layers: dense layers from z to the style.
        mapping_rate: learning rate of these layers over that of all others.
        mixing: probability that two styles are mixed.
        progressive: grow from 4 pixels on; false begins at full size, and then phase_steps and
            fade say nothing.
    """

    summary: ClassVar[str] = "mapping network, constant input, noise and AdaIN; may grow from 4x4"
    name: Literal["stylegan"] = "stylegan"
    size: Literal[8, 16, 32, 64] = 8
    z: Annotated[int, Field(ge=1, le=1024)] = 64
    mapping_layers: Annotated[int, Field(ge=1, le=32)] = 8
    mapping_rate: Annotated[float, Field(gt=0, le=1)] = 0.01
    mixing: Annotated[float, Field(ge=0, le=1)] = 0.9
    progressive: bool = False

    @property
    def grows(self) -> bool:
        """Whether it begins at 4 pixels."""
        return self.progressive

    @property
    def latent(self) -> int:
        """Size of all that G draws for an image."""
        pixels = [2 * size**2 for size in (4, *SIZES) if size <= self.size]
        return 2 * self.z + 1 + sum(pixels)

    def problem(self, shape: tuple[int, ...]) -> str | None:
        """Say why images of (channels, height, width) do not fit, or return None."""
        problem = super().problem(shape)
        if problem or shape[-1] == self.size:
            return problem
        return f"stylegan is built for {self.size} px here, not {shape[-1]}; set model.size"

    def generator(self, shape: tuple[int, ...]) -> nn.Module:
        """Return G: latents (batch, latent) -> images (batch, *shape) in [-1, 1]."""
        from runners.models.styles import Mapping, StyleGenerator

        widths = self.widths(shape)
        mapping = Mapping(self.z, self.mapping_layers, self.mapping_rate)
        return StyleGenerator(mapping, shape[0], widths, self._first(widths), self.mixing)

    def initialise(self, network: nn.Module, draws: torch.Generator) -> None:
        """Draw weights as in progressive growing, for layers with a rate or without an activation.

        The constant is drawn from N(0, 1): the paper's ones have no variance, which the first
        instance norm would divide by. Noise begins with the scale 0, styles with gain 1.
        """
        from torch import nn

        from runners.models.styles import SlowLinear, Styled, StyleGenerator

        super().initialise(network, draws)
        for module in network.modules():
            if isinstance(module, SlowLinear):
                module.weight.data.div_(module.rate)
            elif isinstance(module, Styled):
                nn.init.kaiming_normal_(module.style.weight, nonlinearity="linear", generator=draws)
            elif isinstance(module, StyleGenerator):
                nn.init.normal_(module.constant, generator=draws)
