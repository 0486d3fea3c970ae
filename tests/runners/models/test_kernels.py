"""Convolutions by products are torch's convolutions, with all their gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import gradcheck, gradgradcheck

from runners.models import kernels
from runners.models.layers import Doubling, Halving

GEOMETRIES = [  # channels of the larger image, of the smaller one, side of the larger one
    (64, 64, 4), (64, 128, 6), (64, 64, 7), (128, 64, 8), (64, 64, 12), (3, 64, 12), (3, 64, 9),
]  # fmt: skip


@pytest.fixture(params=[*kernels.PRODUCTS, "all"])
def sides(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> kernels.Sides:
    """Compute as on each instruction set, and with products alone."""
    found = kernels.PRODUCTS.get(request.param, kernels.Sides(99, 99))
    monkeypatch.setattr(kernels, "_sides", lambda: found)
    return found


def _pair(ours: nn.Module, plain: nn.Module) -> tuple[nn.Module, nn.Module]:
    """Return our layer, channels last, and torch's in float64, of the same weights."""
    ours.to(memory_format=torch.channels_last)  # pyright: ignore
    plain.load_state_dict(ours.state_dict())
    return ours, plain.double()


def _pairs(channels: int, features: int) -> list[tuple[nn.Module, nn.Module]]:
    halving = Halving(channels, features), nn.Conv2d(channels, features, 4, 2, 1)
    doubling = Doubling(features, channels), nn.ConvTranspose2d(features, channels, 4, 2, 1)
    return [_pair(*halving), _pair(*doubling)]


def _everything(layer: nn.Module, x: Tensor) -> list[Tensor]:
    """Return output, input gradient, and the gradients of a gradient penalty and the output."""
    x = x.to(next(layer.parameters()).dtype).requires_grad_()
    out = layer(x)
    (slope,) = torch.autograd.grad(out.pow(3).sum(), x, create_graph=True)
    total = (slope.flatten(1).norm(dim=1) - 1).square().mean() + out.sin().sum()
    return [out, slope, *torch.autograd.grad(total, [x, *layer.parameters()])]


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_values_gradients_and_gradients_of_gradients_are_torchs(
    geometry: tuple[int, int, int], sides: kernels.Sides
) -> None:
    channels, features, side = geometry
    draws = torch.Generator().manual_seed(1)
    for ours, plain in _pairs(channels, features):
        x = torch.randn(3, ours.in_channels, side, side, generator=draws)  # pyright: ignore
        for mine, theirs in zip(_everything(ours, x), _everything(plain, x), strict=True):
            assert mine.shape == theirs.shape
            error = (mine.double() - theirs).norm() / theirs.norm()
            assert error.item() < 1e-5


def test_every_map_alone_is_differentiated_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "_sides", lambda: kernels.Sides(99, 99))
    monkeypatch.setattr(kernels, "MANY", 2)
    monkeypatch.setattr(kernels, "COLOURS", 0)
    draws = torch.Generator().manual_seed(0)

    def numbers(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=draws, dtype=torch.float64).requires_grad_()

    x, y, weight, bias = numbers(2, 2, 5, 4), numbers(2, 3, 2, 2), numbers(3, 2, 4, 4), numbers(3)
    size = torch.Size([5, 4])
    maps: list[tuple[Callable[..., Any], tuple[Tensor, ...]]] = [
        (kernels.Convolve.apply, (x, weight, bias)),
        (lambda y, weight: kernels.Transpose.apply(y, weight, size), (y, weight)),
        (kernels.WeightGradient.apply, (x, y)),
    ]
    for function, inputs in maps:
        assert gradcheck(function, inputs)
        assert gradgradcheck(function, inputs)


def test_a_frozen_weight_costs_no_gradient(
    sides: kernels.Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = Halving(64, 64).requires_grad_(False)
    x = torch.randn(2, 64, 4, 4, requires_grad=True)
    monkeypatch.setattr(kernels.WeightGradient, "forward", None)
    layer(x).sum().backward()
    assert x.grad is not None
    assert layer.weight.grad is None


@pytest.mark.parametrize("channels", [3, 64])
def test_weight_gradients_have_the_layout_of_the_weights(
    channels: int, sides: kernels.Sides
) -> None:
    for layer, _ in _pairs(channels, 64):
        x = torch.randn(2, layer.in_channels, 4, 4)  # pyright: ignore
        (gradient,) = torch.autograd.grad(layer(x).square().sum(), layer.weight)  # pyright: ignore
        assert gradient.is_contiguous(memory_format=torch.channels_last)


def test_no_image_at_all_has_no_gradient(sides: kernels.Sides) -> None:
    for layer, _ in _pairs(64, 64):
        out = layer(torch.zeros(0, 64, 4, 4))
        (gradient,) = torch.autograd.grad(out.sum(), layer.weight)  # pyright: ignore
        assert len(out) == 0
        assert not gradient.any()


def _chosen(given: Tensor, channels: int = 64, features: int = 64, side: int = 2) -> bool:
    return kernels.some_product(given, channels, features, side)


def test_products_are_chosen_by_instruction_set_and_geometry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = torch.zeros(1, 64, 4, 4)
    capability = "AVX2"
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    assert _chosen(given)
    assert _chosen(given, side=4)
    assert not _chosen(given, side=5)
    assert _chosen(given, channels=3, side=32)
    assert not _chosen(given, channels=32)
    assert not _chosen(given, features=32)
    assert not _chosen(given.double())
    assert not _chosen(given.to("meta"))
    with torch.autocast("cpu", torch.bfloat16):
        assert not _chosen(given)
    assert kernels.described("cpu") == "products 1: up to input 2, weight 4 px"
    capability = "AVX512"
    assert not _chosen(given, side=3)
    assert _chosen(given, side=2)
    capability = "DEFAULT"
    assert not _chosen(given)
    assert kernels.described("cpu") == kernels.described("cuda") == ""
