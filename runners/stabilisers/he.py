"""He's constant as a factor of a weight at run time."""

from __future__ import annotations

import math

from torch import Tensor, nn
from torch.nn.utils import parametrize

from runners.weights import Layer, raw_weight, weight_layers


class HeScaled(nn.Module):
    """raw -> sqrt(2 / n) * raw, n the inputs that one output of the layer adds up.

    A transposed convolution of stride s spreads its kernel over s^2 outputs.

    Args:
        layer: whose weight it is.
    """

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        transposed = isinstance(layer, nn.ConvTranspose2d)
        self.spread = math.prod(layer.stride) if transposed else 1
        self.outputs = layer.out_features if isinstance(layer, nn.Linear) else layer.out_channels

    def factor(self, raw: Tensor) -> float:
        """Return He's constant for a raw weight."""
        return math.sqrt(2 * self.spread * self.outputs / raw.numel())

    def forward(self, raw: Tensor) -> Tensor:
        """Return the effective weight."""
        return raw * self.factor(raw)


def equalise(network: nn.Module) -> nn.Module:
    """Scale every conv and linear weight at run time, its raw weights brought to mean square 1.

    A layer that counts its weights as a share of them, its ``rate``, keeps that share: they are
    brought to 1 / rate^2, so that what the layer computes begins at He's variance too.
    """
    for _, layer in weight_layers(network):
        parametrize.register_parametrization(layer, "weight", HeScaled(layer))
        raw = raw_weight(layer).data
        drawn = raw[raw != 0]  # weights that begin at 0 were added by another stabiliser
        if len(drawn):
            raw.div_(drawn.square().mean().sqrt() * getattr(layer, "rate", 1.0))
    return network
