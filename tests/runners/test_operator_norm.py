"""Operator norms against the SVD of the convolution's explicit matrix."""

from __future__ import annotations

import math

import pytest
import scipy.linalg
import torch
from torch import nn

from runners.diagnostics.operator_norm import TOLERANCE, operator_norm, operator_norms
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
    norm, _ = operator_norm(layer, shape)
    truth = scipy.linalg.svdvals(_explicit(layer, shape).numpy())[0]
    assert norm == pytest.approx(truth, rel=TOLERANCE)
    assert norm <= truth * (1 + 1e-5)

    reshaped = singular_values(layer.weight.detach().flatten(1))[0].item()
    assert norm <= math.ceil(kernel / stride) * reshaped * (1 + 1e-5)
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
    cold, vector = operator_norm(layer, size)
    warm, _ = operator_norm(layer, size, vector)
    assert warm == pytest.approx(cold, rel=TOLERANCE)
    assert warm >= cold * (1 - 1e-6)


@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
def test_rows_follow_the_layers_of_a_discriminator(norm, tiny) -> None:
    spec = tiny(model={"name": "dcgan", "width": 8, "latent": 16, "norm": norm})
    discriminator = Networks(spec, "cpu").discriminator
    starts: dict[str, torch.Tensor] = {}
    rows = list(operator_norms(discriminator.eval(), spec.dataset.shape, starts).values())
    assert [row["input_size"] for row in rows] == [8, 4, None]
    assert [row["operator_bound"] for row in rows] == [2, 2, 1]
    assert len(starts) == 2
    last = [m for m in discriminator.modules() if isinstance(m, nn.Linear)][-1]
    assert rows[-1]["operator_norm"] == pytest.approx(last.weight.norm().item(), rel=1e-5)
