"""Layer normalisation, the baseline of SN-GAN (Ba et al. 2016, arXiv 1607.06450)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.lipschitz.base import Method, check

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, config=STRICT)
class LayerNorm(Method):
    """Normalise what hidden layers give, per sample over channels and pixels, without a gain.

    As in Miyato et al. 2018 (arXiv 1802.05957), which drops the gain, it follows every layer but
    the first, and others that see the data; the last layer in order of definition, which makes the
    logit, has none either: the normalised value of a single number is 0. Hidden dense layers are
    normalised over their features. No bound of D follows from it: where the variance is small its
    slope is up to 1 / sqrt(eps) = 316.
    """

    summary: ClassVar[str] = "(h - mean) / sqrt(var) per sample after every hidden layer, no gain"
    name: Literal["layer_norm"] = "layer_norm"

    def wrap(self, discriminator: nn.Module, shape: tuple[int, ...]) -> nn.Module:  # noqa: ARG002
        """Put the normalisation after every hidden conv and linear layer."""
        from runners.lipschitz.layer_normalised import LayerNormalised, hidden_layers
        from runners.lipschitz.replaced import replace

        hidden: Any = hidden_layers(discriminator)
        replace(discriminator, lambda m: LayerNormalised(m) if m in hidden else None)  # pyright: ignore
        return discriminator

    def conformance(
        self,
        discriminator: nn.Module,
        gradients: Mapping[str, float],  # noqa: ARG002
    ) -> dict[str, dict[str, Any]]:
        """Count the hidden layers that are not normalised; a bound is not promised."""
        from runners.lipschitz.layer_normalised import bare_layers

        bare = float(len(bare_layers(discriminator)))
        return {"normalised": check("hidden layers not normalised", bare, 0.0, 0.0)}
