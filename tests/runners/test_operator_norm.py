"""Operator norms against the SVD of the convolution's explicit matrix."""

from __future__ import annotations

import math

import pytest
import scipy.linalg
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from runners.diagnostics import operator_upper
from runners.diagnostics.bounds import lower_bound
from runners.diagnostics.operator_norm import TOLERANCE, operator_norms, power_iteration
from runners.diagnostics.operator_upper import circular_norm, explicit
from runners.linear_map import maps
from runners.networks import Networks
from runners.weights import singular_values

CASES = [
    (channels, features, size, kernel, stride, padding)
    for channels, features in ((1, 3), (4, 2))
    for size in (4, 7, 8)
    for kernel in (1, 3, 4)
    for stride in (1, 2, 3)
    for padding in (0, 1)
    if size + 2 * padding >= kernel
]


def _explicit(layer: nn.Conv2d, size: torch.Size) -> torch.Tensor:
    """Return the matrix of the convolution without bias: one column an input pixel."""
    basis = torch.eye(size.numel(), dtype=torch.float64).view(-1, *size)
    weight = layer.weight.detach().double()
    images = torch.nn.functional.conv2d(basis, weight, None, layer.stride, layer.padding)  # pyright: ignore
    return images.flatten(1).T


@pytest.mark.parametrize(("channels", "features", "size", "kernel", "stride", "padding"), CASES)
def test_norm_equals_the_explicit_matrix(channels, features, size, kernel, stride, padding) -> None:
    torch.manual_seed(channels * size + kernel * stride + padding)
    layer = nn.Conv2d(channels, features, kernel, stride, padding)
    shape = torch.Size((channels, size, size))
    norm, _ = power_iteration(layer, shape)
    truth = scipy.linalg.svdvals(_explicit(layer, shape).numpy())[0]
    assert norm == pytest.approx(truth, rel=TOLERANCE)
    assert norm <= truth * (1 + 1e-5)
    matrix = explicit(layer, shape)
    assert matrix is not None
    assert singular_values(matrix)[0].item() == pytest.approx(truth, rel=1e-12)
    circular = circular_norm(layer, shape)
    assert truth <= circular * (1 + 1e-12)

    reshaped = singular_values(layer.weight.detach().flatten(1))[0].item()
    assert circular <= math.ceil(kernel / stride) * reshaped * (1 + 1e-5)
    inside = any(  # an output window that does not touch the padding
        start >= 0 and start + kernel <= size
        for start in range(-padding, size + padding - kernel + 1, stride)
    )
    if inside:
        assert norm >= reshaped * (1 - TOLERANCE)


def test_a_warm_start_needs_one_look_and_keeps_the_value() -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(3, 8, 4, 2, 1)
    size = torch.Size((3, 16, 16))
    cold, vector = power_iteration(layer, size)
    warm, _ = power_iteration(layer, size, vector)
    assert warm == pytest.approx(cold, rel=TOLERANCE)
    assert warm >= cold * (1 - 1e-6)


@st.composite
def layers(draw) -> tuple[nn.Conv2d | nn.ConvTranspose2d, torch.Size]:
    """Draw a layer of any geometry, with weights, and a size of input that it takes."""
    transposed, groups = draw(st.booleans()), draw(st.integers(1, 2))
    pairs = {
        name: draw(st.tuples(st.integers(*limits), st.integers(*limits)))
        for name, limits in {"kernel_size": (1, 4), "stride": (1, 3), "padding": (0, 3)}.items()
    }
    dilation, size = draw(st.integers(1, 3)), draw(st.tuples(st.integers(1, 7), st.integers(1, 7)))
    channels = [groups * draw(st.integers(1, 3)) for _ in range(2)]
    kind = nn.ConvTranspose2d if transposed else nn.Conv2d
    layer = kind(*channels, **pairs, dilation=dilation, groups=groups)  # pyright: ignore
    extents = [dilation * (kernel - 1) + 1 for kernel in pairs["kernel_size"]]
    for n, e, s, p in zip(size, extents, pairs["stride"], pairs["padding"], strict=True):
        assume((n - 1) * s + e > 2 * p if transposed else n + 2 * p >= e)
    draws = torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    rank_one = draw(st.booleans())  # far from random matrices
    shape = layer.weight.shape
    weight = torch.randn(shape[0], 1, 1, 1, generator=draws).expand(shape) if rank_one else (
        torch.randn(shape, generator=draws)
    )  # fmt: skip
    layer.weight.data.copy_(weight)
    return layer.requires_grad_(False), torch.Size((channels[0], *size))


def _matrix(layer: nn.Module, size: torch.Size) -> torch.Tensor:
    """Return the matrix of a layer by its own forward pass, column by column."""
    double = layer.double()
    basis = torch.eye(size.numel(), dtype=torch.float64).view(-1, *size)
    found = (double(basis) - double(torch.zeros_like(basis[:1]))).flatten(1).T
    layer.float()
    return found


@settings(max_examples=150)
@given(drawn=layers())
def test_no_upper_bound_is_below_the_norm_an_estimate_or_a_gradient(drawn) -> None:
    layer, size = drawn
    matrix = _matrix(layer, size)
    _, values, right = torch.linalg.svd(matrix)
    truth = values[0].item()
    assert circular_norm(layer, size) >= truth * (1 - 1e-9)
    known = explicit(layer, size)
    assert known is not None
    assert singular_values(known)[0].item() == pytest.approx(truth, rel=1e-9, abs=1e-7)
    adversarial = right[-1].view(1, *size).float()  # orthogonal to the leading singular vector
    for start in (None, adversarial):
        estimate, _ = power_iteration(layer, size, start)
        assert estimate <= circular_norm(layer, size) * (1 + 1e-5)
    network = nn.Sequential(layer, Total(right[0], matrix))
    steepest = lower_bound(network, torch.zeros(2, *size))
    assert steepest <= circular_norm(layer, size) * (1 + 1e-5)
    assert steepest == pytest.approx(truth, rel=1e-4, abs=1e-6)


class Total(nn.Module):
    """The part of a layer's output along its steepest direction, a map of norm 1."""

    def __init__(self, direction: torch.Tensor, matrix: torch.Tensor) -> None:
        super().__init__()
        self.along = nn.functional.normalize(matrix @ direction, dim=0).float()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(1) @ self.along


@settings(max_examples=50)
@given(drawn=layers())
def test_the_adjoint_is_the_adjoint(drawn) -> None:
    layer, size = drawn
    forward, adjoint = maps(layer, size, torch.float64)
    x = torch.randn(3, *size, dtype=torch.float64)
    y = torch.randn_like(forward(x))
    assert (forward(x) * y).sum().item() == pytest.approx((x * adjoint(y)).sum().item(), abs=1e-8)


def test_an_adversarial_start_misleads_the_estimate_and_not_the_bound(monkeypatch) -> None:
    """Two images that no output mixes: a start in one of them never finds the other."""
    layer = nn.Conv2d(2, 2, 3, padding=1, groups=2)
    torch.manual_seed(0)
    nn.init.normal_(layer.weight)
    layer.weight.data[1] *= 3
    start = torch.zeros(1, 2, 8, 8)
    start[0, 0] = torch.randn(8, 8)
    monkeypatch.setattr(operator_upper, "SIDE", 0)
    row = operator_norms(layer, (2, 8, 8), {"": start})[""]
    truth = scipy.linalg.svdvals(_matrix(layer, start.shape[1:]).detach().numpy())[0]
    assert row["operator_norm"] < 0.5 * truth
    assert truth <= row["operator_upper"] <= 1.2 * truth


def test_the_circular_norm_closes_in_on_the_norm_of_large_images() -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(1, 3, 4, 2, 1)
    gaps = []
    for size in (8, 32):
        shape = torch.Size((1, size, size))
        truth = scipy.linalg.svdvals(_explicit(layer, shape).numpy())[0]
        gaps.append(circular_norm(layer, shape) / truth - 1)
    assert 0 <= gaps[1] < 0.01
    assert gaps[1] < gaps[0]


@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
def test_rows_follow_the_layers_of_a_discriminator(norm, tiny) -> None:
    spec = tiny(model={"name": "dcgan", "width": 8, "latent": 16, "norm": norm})
    discriminator = Networks(spec, "cpu").discriminator
    starts: dict[str, torch.Tensor] = {}
    rows = list(operator_norms(discriminator.eval(), spec.dataset.shape, starts).values())
    assert [row["input_size"] for row in rows] == [8, 4, None]
    assert [row["operator_bound"] for row in rows] == [2, 2, 1]
    assert starts == {}
    assert all(row["operator_upper"] == row["operator_norm"] for row in rows)
    last = [m for m in discriminator.modules() if isinstance(m, nn.Linear)][-1]
    assert rows[-1]["operator_norm"] == pytest.approx(last.weight.norm().item(), rel=1e-5)
