"""Lower bounds never exceed upper ones, and known networks give known bounds."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from runners.diagnostics.bounds import bounds, lower_bound, upper_bound
from runners.diagnostics.operator_norm import operator_norms
from runners.lipschitz import METHODS
from runners.models.dropout import Dropout
from runners.models.residual import Residual, SumPool
from runners.networks import Networks
from runners.spec import from_dict

ROUNDING = 1 + 1e-5  # of gradients, which are measured in float32


def _uppers(discriminator: nn.Module, shape: tuple[int, int, int]) -> dict[str, float | None]:
    rows = operator_norms(discriminator, shape, {})
    return {name: row["operator_upper"] for name, row in rows.items()}


@settings(max_examples=40, deadline=None)
@given(
    method=st.sampled_from([name for name in METHODS if not METHODS[name].lacking()]),
    norm=st.sampled_from(["none", "layer"]),
    gain=st.floats(0.1, 20),
    seed=st.integers(0, 1000),
)
def test_lower_never_exceeds_upper(method, norm, gain, seed) -> None:
    spec = from_dict({
        "method": method, "seed": seed, "dataset": "digits", "loss": "hinge", "steps": 1,
        "model": {"name": "dcgan", "width": 4, "latent": 4, "norm": norm},
        "optimizer": "adam", "batch_size": 8,
    })  # fmt: skip
    discriminator = Networks(spec, "cpu").discriminator
    for parameter in discriminator.parameters():
        parameter.data.mul_(gain)
    discriminator.eval().requires_grad_(False)
    images = torch.rand(32, 1, 8, 8, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    row = bounds(discriminator, images, _uppers(discriminator, (1, 8, 8)))
    if row["lipschitz_upper"] is None:
        assert row["upper_undefined"]
        return
    assert 0 < row["lipschitz_lower"] <= row["lipschitz_upper"] * ROUNDING
    assert 0 < row["tightness"] <= ROUNDING


def test_bounds_of_a_linear_map_meet() -> None:
    torch.manual_seed(0)
    linear = nn.Sequential(nn.Flatten(), nn.Linear(16, 1), nn.Flatten(0))
    linear.requires_grad_(False)
    row = bounds(linear, torch.zeros(4, 1, 4, 4), _uppers(linear, (1, 4, 4)))
    truth = linear.get_parameter("1.weight").norm().item()
    assert row["lipschitz_lower"] == pytest.approx(truth, rel=1e-5)
    assert row["tightness"] == pytest.approx(1, rel=1e-5)


def test_walking_finds_a_steeper_piece() -> None:
    """|D| has slope 1 near the images and slope 10 two units along its own gradient."""

    class Kinked(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            s = x.flatten(1).sum(1)
            return torch.where(s > 0.1, 10 * s, s)

    images = torch.full((4, 1, 2, 2), -0.2)
    assert lower_bound(Kinked(), images) == pytest.approx(10 * math.sqrt(4))


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)), "batch norm in train mode"),
        (nn.Sequential(nn.Softmax(1)), "no Lipschitz constant known for Softmax"),
        (nn.Bilinear(2, 2, 1), "no Lipschitz constant known for Bilinear"),
        (nn.Linear(2, 2), "no bound of the operator norm known for Linear"),
    ],
)
def test_what_has_no_bound_is_undefined_with_a_reason(module, reason) -> None:
    upper, why = upper_bound(module, {"0": 1.0})
    assert upper is None
    assert why is not None
    assert reason in why


def test_the_upper_bound_is_the_product() -> None:
    network = nn.Sequential(nn.Linear(1, 1), nn.LeakyReLU(3.0), nn.Linear(1, 1))
    assert upper_bound(network, {"0": 2.0, "2": 5.0}) == (30.0, None)


def test_a_layer_of_unknown_norm_leaves_the_whole_unbounded() -> None:
    layer = nn.Conv2d(2, 2, 3, padding=1, padding_mode="reflect")
    small, large = (operator_norms(layer, (2, size, size), {})[""] for size in (8, 40))
    assert small["operator_upper"] == small["operator_norm"]
    assert large["operator_upper"] is None
    assert upper_bound(layer, {"": None}) == (
        None, "no bound of the operator norm known for Conv2d",
    )  # fmt: skip


def test_gelu_is_as_steep_as_its_bound_says() -> None:
    x = torch.linspace(-8, 8, 160_001, dtype=torch.float64, requires_grad=True)
    (slopes,) = torch.autograd.grad(nn.GELU()(x).sum(), x)
    constant, why = upper_bound(nn.GELU(), {})
    assert why is None
    assert slopes.abs().max().item() == pytest.approx(constant, abs=1e-8)
    assert constant == pytest.approx(1.1290, abs=1e-4)


@pytest.mark.parametrize(
    ("module", "truth"),
    [
        (nn.AvgPool2d(2), 1 / 2),
        (nn.AvgPool2d((1, 2)), 1 / math.sqrt(2)),
        (nn.AvgPool2d(3), 1 / 3),  # one row and column are left out
        (SumPool(7 * 7), 7.0),
        (Residual(nn.AvgPool2d(2), nn.AvgPool2d(2)), 1.0),
        (Dropout(0.4).eval(), 1.0),
    ],
)
def test_constants_of_pooling_and_sums_are_norms_of_their_matrices(module, truth) -> None:
    basis = torch.eye(49, dtype=torch.float64).view(49, 1, 7, 7)
    matrix = module(basis).flatten(1)
    assert upper_bound(module, {}) == (pytest.approx(truth), None)
    assert torch.linalg.matrix_norm(matrix, 2).item() == pytest.approx(truth)


def test_means_that_share_inputs_have_no_bound_here() -> None:
    for pool in (nn.AvgPool2d(3, 2), nn.AvgPool2d(2, padding=1), nn.AvgPool2d(2, ceil_mode=True)):
        assert upper_bound(pool, {}) == (None, "no Lipschitz constant known for AvgPool2d")


def test_a_mask_may_stretch_what_it_keeps() -> None:
    assert upper_bound(Dropout(0.2), {}) == (pytest.approx(1.25), None)


def test_ways_through_a_residual_block_add() -> None:
    network = Residual(nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2)), nn.Identity())
    uppers = {"branch.0": 2.0, "branch.2": 3.0}
    assert upper_bound(network, uppers) == (7.0, None)
