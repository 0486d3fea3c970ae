"""Effective and raw weights of a network's linear layers, and their singular values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

Layer: TypeAlias = nn.Conv2d | nn.ConvTranspose2d | nn.Linear


class Reparametrisation(nn.Module):
    """Computes a layer's effective weight as transform(raw, **parameters, **buffers)."""

    def __init__(
        self,
        transform: Callable[..., Tensor],
        buffers: Mapping[str, Tensor],
        parameters: Mapping[str, Tensor],
    ) -> None:
        super().__init__()
        self.transform = transform
        for name, tensor in buffers.items():
            self.register_buffer(name, tensor)
        for name, tensor in parameters.items():
            self.register_parameter(name, nn.Parameter(tensor))

    def forward(self, weight: Tensor) -> Tensor:
        """Return the effective weight, of the raw weight's shape, in full precision."""
        with torch.autocast(weight.device.type, enabled=False):
            return self.transform(weight, **_own_tensors(self))


def _own_tensors(module: nn.Module) -> dict[str, Tensor]:
    """Return a module's own buffers and parameters by name, without searching its children.

    torch's own attributes: ``named_buffers`` costs several times as much in every forward pass.
    """
    return {**module._buffers, **module._parameters}  # pyright: ignore


def weight_layers(network: nn.Module) -> Iterator[tuple[str, Layer]]:
    """Yield (name, layer) of every conv, transposed conv and linear layer, in order of definition.

    A layer used in several places is one layer. Those inside a parametrisation shape a weight
    and are no layers of the network.
    """
    for name, module in network.named_modules():
        if isinstance(module, Layer) and "parametrizations" not in name.split("."):
            yield name, module


def reparametrise(
    layer: nn.Module,
    transform: Callable[..., Tensor],
    buffers: Mapping[str, Tensor] | None = None,
    parameters: Mapping[str, Tensor] | None = None,
) -> None:
    """Make ``layer.weight`` the transform of the raw weight the optimiser sees.

    Where the weight is parametrised already, the transform comes after what is there.
    """
    module = Reparametrisation(transform, buffers or {}, parameters or {})
    parametrize.register_parametrization(layer, "weight", module, unsafe=True)


def reparametrisation(layer: nn.Module) -> Reparametrisation:
    """Return the last transform attached to a layer by :func:`reparametrise`."""
    attached = [m for m in layer.parametrizations["weight"] if isinstance(m, Reparametrisation)]  # pyright: ignore
    return attached[-1]


def raw_weight(layer: nn.Module) -> Tensor:
    """Return the parameter the optimiser updates: ``weight`` itself where nothing wraps it."""
    if parametrize.is_parametrized(layer, "weight"):
        return layer.parametrizations["weight"].original  # pyright: ignore
    return layer.weight  # pyright: ignore


def factor(layer: nn.Module) -> float:
    """Return what the raw weight is multiplied by before a method's own transform, usually 1.

    A first transform that is a multiple says so by a method ``factor(raw)``.
    """
    if not parametrize.is_parametrized(layer, "weight"):
        return 1.0
    own = getattr(layer.parametrizations["weight"][0], "factor", None)  # pyright: ignore
    return own(raw_weight(layer)) if own else 1.0


def batch_norms(network: nn.Module) -> int:
    """Return the number of a network's batch norms."""
    kinds = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    return sum(isinstance(module, kinds) for module in network.modules())


def incoming_weight(layer: nn.Module) -> Tensor:
    """Return what a layer's last transform is applied to: the raw weight unless it is nested."""
    weight = raw_weight(layer)
    for module in list(layer.parametrizations["weight"])[:-1]:  # pyright: ignore
        weight = module(weight)  # pyright: ignore
    return weight


def matrix(layer: Layer) -> Tensor:
    """Return the effective weight reshaped to a matrix, without gradient.

    It is d_out x (d_in * kh * kw) as in Miyato et al. 2018 (arXiv 1802.05957); with groups,
    d_in is the channels of one group. Of a transposed convolution it is that of its adjoint,
    the convolution with the same weight, and so d_in x (d_out * kh * kw).
    """
    return layer.weight.detach().flatten(1)


def singular_values(weight: Tensor) -> Tensor:
    """Return the singular values of a matrix (rows, columns), float64, descending.

    They come from the smaller Gram matrix in float64: faster than an SVD, and more accurate
    than one in float32.
    """
    wide = weight.double()
    gram = wide @ wide.T if wide.shape[0] <= wide.shape[1] else wide.T @ wide
    return torch.linalg.eigvalsh(gram).clamp_min(0).sqrt().flip(0)
