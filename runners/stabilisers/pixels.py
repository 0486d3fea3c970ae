"""Normalised feature vectors in place of batch norm."""

from __future__ import annotations

import torch
from torch import Tensor, nn

EPSILON = 1e-8  # arXiv 1710.10196, section 4.2
ACTIVATIONS = (nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.SELU, nn.GELU, nn.SiLU)
"""Hidden ones; Tanh and Sigmoid end a generator."""

BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


class PixelNormed(nn.Module):
    """x / sqrt(mean over channels of x^2 + 1e-8), at every pixel."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, channels, ...) of mean square 1 over the channels."""
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        return (wide * (wide.square().mean(1, keepdim=True) + EPSILON).rsqrt()).to(x.dtype)


class Shifted(nn.Module):
    """x + b, one b a channel: what is left of a batch norm, as convolutions before it have none."""

    def __init__(self, bias: nn.Parameter) -> None:
        super().__init__()
        self.bias = bias

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, channels, ...)."""
        return x + self.bias.view(-1, *[1] * (x.dim() - 2))


def pixel_normed(generator: nn.Module) -> nn.Module:
    """Put pixel norm behind every hidden activation, and take batch norms out, in place.

    Raises:
        TypeError: no activation is a module.
    """
    modules = list(generator.named_modules(remove_duplicate=False))
    activations = [(name, module) for name, module in modules if isinstance(module, ACTIVATIONS)]
    if not activations:
        raise TypeError("no activation of G is a module, so there is no place for pixel norm")
    for name, module in activations:
        generator.set_submodule(name, nn.Sequential(module, PixelNormed()))
    for name, module in modules:
        if isinstance(module, BATCH_NORMS):
            generator.set_submodule(name, Shifted(module.bias) if module.affine else nn.Identity())
    return generator
