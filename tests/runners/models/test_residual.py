"""Residual blocks are the paper's, written plainly."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from runners.models.sngan_resnet import SNGANResNet


def _conv(x: torch.Tensor, layer: nn.Module) -> torch.Tensor:
    assert isinstance(layer, nn.Conv2d)
    return functional.conv2d(x, layer.weight, layer.bias, padding=layer.kernel_size[0] // 2)


def _pool(x: torch.Tensor) -> torch.Tensor:
    return (x[..., ::2, ::2] + x[..., 1::2, ::2] + x[..., ::2, 1::2] + x[..., 1::2, 1::2]) / 4


def _larger(x: torch.Tensor) -> torch.Tensor:
    return x.repeat_interleave(2, 2).repeat_interleave(2, 3)


def _convolutions(block: nn.Module) -> list[nn.Module]:
    return [module for module in block.modules() if isinstance(module, nn.Conv2d)]


def _built(which: str) -> nn.Sequential:
    model = SNGANResNet(width=4, latent=6)
    network = getattr(model, which)((3, 32, 32)).double()
    model.initialise(network, torch.Generator().manual_seed(0))
    for name, parameter in network.named_parameters():
        if name.endswith("bias"):
            nn.init.normal_(parameter, generator=torch.Generator().manual_seed(1))
    return network


def test_the_discriminator_is_that_of_the_paper() -> None:
    network = _built("discriminator")
    images = torch.rand(3, 3, 32, 32, dtype=torch.float64) * 2 - 1
    first, second, *rest = [_convolutions(block) for block in list(network)[:4]]
    x = _pool(_conv(_conv(images, first[0]).relu(), first[1])) + _conv(_pool(images), first[2])
    # the paper's block pools after the shortcut's convolution
    branch = _pool(_conv(_conv(x.relu(), second[0]).relu(), second[1]))
    x = branch + _pool(_conv(x, second[2]))
    for inner, outer in rest:
        x = x + _conv(_conv(x.relu(), inner).relu(), outer)
    logits = x.relu().sum((2, 3)) @ network.get_parameter("6.weight").T
    torch.testing.assert_close(network(images), logits.flatten())


def test_the_generator_is_that_of_the_paper() -> None:
    network = _built("generator").eval()  # batch norms divide by sqrt(1 + eps)
    latents = torch.randn(3, 6, dtype=torch.float64)
    scale = (1 + 1e-5) ** -0.5

    def normed(x: torch.Tensor, norm: nn.Module) -> torch.Tensor:
        assert isinstance(norm, nn.BatchNorm2d)
        return (x * scale + norm.bias.view(-1, 1, 1)).relu()

    weight, bias = network.get_parameter("0.weight"), network.get_parameter("0.bias")
    x = (latents @ weight.T + bias).view(3, 8, 4, 4)
    for block in list(network)[2:5]:
        inner, outer, shortcut = _convolutions(block)
        norms = [module for module in block.modules() if isinstance(module, nn.BatchNorm2d)]
        branch = _conv(_larger(normed(x, norms[0])), inner)
        # the paper's block doubles the size before the shortcut's convolution
        x = _conv(normed(branch, norms[1]), outer) + _conv(_larger(x), shortcut)
    images = _conv(normed(x, network[5]), network[7]).tanh()
    torch.testing.assert_close(network(latents), images)
