"""Effective and raw weights of a discriminator's layers, and gradients of its output."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize


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
            return self.transform(weight, **self._buffers, **self._parameters)


class PiecewiseLinear(nn.LeakyReLU):
    """LeakyReLU, the same bit for bit, as a product with slopes that autograd takes as given."""

    def forward(self, input: Tensor) -> Tensor:
        """Return x where x > 0, else negative_slope * x."""
        return input * torch.where(input.detach() > 0, 1.0, self.negative_slope)


def weight_layers(discriminator: nn.Module) -> Iterator[tuple[str, nn.Conv2d | nn.Linear]]:
    """Yield (name, layer) for every conv and linear layer, in forward order."""
    for name, module in discriminator.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            yield name, module


def reparametrise(
    layer: nn.Module,
    transform: Callable[..., Tensor],
    buffers: Mapping[str, Tensor] | None = None,
    parameters: Mapping[str, Tensor] | None = None,
) -> None:
    """Make ``layer.weight`` the transform of the raw weight the optimiser sees."""
    module = Reparametrisation(transform, buffers or {}, parameters or {})
    parametrize.register_parametrization(layer, "weight", module, unsafe=True)


def reparametrisation(layer: nn.Module) -> Reparametrisation:
    """Return the transform attached to a layer by :func:`reparametrise`."""
    return layer.parametrizations["weight"][0]  # pyright: ignore


def raw_weight(layer: nn.Module) -> Tensor:
    """Return the parameter the optimiser updates: ``weight`` itself where nothing wraps it."""
    if parametrize.is_parametrized(layer, "weight"):
        return layer.parametrizations["weight"].original  # pyright: ignore
    return layer.weight  # pyright: ignore


def interpolates(real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    """Return eps * real + (1 - eps) * fake, one eps ~ U[0, 1] a sample."""
    shape = (real.shape[0],) + (1,) * (real.dim() - 1)
    eps = torch.rand(shape, generator=generator, dtype=real.dtype).to(real.device)
    return torch.lerp(fake, real, eps)


def input_gradient_norms(discriminator: nn.Module, x: Tensor, create_graph: bool = False) -> Tensor:
    """Return |grad_x D(x)|_2 of the logit for each sample, shape (batch,)."""
    x = x.detach().requires_grad_(True)
    with torch.enable_grad():
        logits = discriminator(x)
        (gradient,) = torch.autograd.grad(logits.sum(), x, create_graph=create_graph)
    return gradient.flatten(1).norm(dim=1)
