"""A layer with layer normalisation after it."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

from runners.weights import Layer, weight_layers


class LayerNormalised(nn.Sequential):
    """A layer, then (h - mean) / sqrt(var + eps) over all channels and pixels of a sample."""

    def __init__(self, layer: Layer) -> None:
        channels = layer.out_features if isinstance(layer, nn.Linear) else layer.out_channels
        norm = nn.GroupNorm(1, channels, affine=False)
        super().__init__(OrderedDict(layer=layer, norm=norm))


def hidden_layers(discriminator: nn.Module) -> set[nn.Module]:
    """Return the weight layers but those that see the data, and the last: the logit's.

    The first sees the data, and so do other convolutions of as many channels: those of the
    resolutions of a network that grows, and the shortcut of a first residual block.
    """
    layers = [layer for _, layer in weight_layers(discriminator)]
    first = layers[0]
    seeing = {
        layer
        for layer in layers
        if isinstance(first, nn.Conv2d)
        and isinstance(layer, nn.Conv2d)
        and layer.in_channels == first.in_channels
    }
    return {layer for layer in layers[1:-1] if layer not in seeing}


def bare_layers(discriminator: nn.Module) -> list[nn.Module]:
    """Return the hidden layers that nothing normalises."""
    normalised = {m.layer for m in discriminator.modules() if isinstance(m, LayerNormalised)}
    return [layer for layer in hidden_layers(discriminator) if layer not in normalised]
