"""The bound each method claims, measured; and the maths against independent references."""

from __future__ import annotations

import copy

import pytest
import scipy.linalg
import torch
from torch import nn
from torch.nn.utils import parametrizations

from runners import checkpoint
from runners.input_gradients import input_gradient_norms
from runners.lipschitz.gradient_penalty import GradientPenalty
from runners.lipschitz.piecewise_linear import PiecewiseLinear
from runners.lipschitz.spectral_norm import SpectralNorm, power_iterate
from runners.lipschitz.weight_clipping import WeightClipping
from runners.lipschitz.weight_norm import WeightNorm
from runners.networks import Networks
from runners.weights import (
    matrix,
    raw_weight,
    reparametrisation,
    weight_layers,
)

TRAINED = {"steps": 300, "evaluation": {"every": 300, "samples": 200}, "log_every": 50}


def _discriminator(spec, store) -> nn.Module:
    discriminator = Networks(spec, "cpu").discriminator
    state = checkpoint.load(store)
    assert state is not None
    discriminator.load_state_dict(state["discriminator"])
    return discriminator


def _trained(method, tiny, trained) -> tuple[nn.Module, dict]:
    spec = tiny(method=method, diagnostics_every=50, **TRAINED)
    store = trained(spec)
    return _discriminator(spec, store), store.rows("diagnostics")[-1]


@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_spectral_norm_keeps_sigma_near_its_scale(scale, tiny, trained) -> None:
    discriminator, _ = _trained({"name": "spectral_norm", "scale": scale}, tiny, trained)
    for name, layer in weight_layers(discriminator):
        sigma = torch.linalg.matrix_norm(layer.weight.detach().flatten(1).double(), 2)
        assert sigma == pytest.approx(scale, abs=0.05 * scale), name


def test_clipped_weights_never_exceed_c(tiny, trained) -> None:
    discriminator, _ = _trained({"name": "weight_clipping", "c": 0.02}, tiny, trained)
    largest = max(layer.weight.abs().max().item() for _, layer in weight_layers(discriminator))
    assert largest == pytest.approx(0.02)
    assert max(p.abs().max().item() for p in discriminator.parameters()) > 0.02  # biases


def test_clipping_all_also_clips_biases(tiny) -> None:
    discriminator = Networks(tiny(), "cpu").discriminator
    for parameter in discriminator.parameters():
        parameter.data.fill_(1)
    WeightClipping(c=0.3, scope="all").project(discriminator)
    assert all(torch.all(p == 0.3) for p in discriminator.parameters())


@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_weight_norm_rows_have_the_norm_of_its_scale(scale, tiny, trained) -> None:
    discriminator, row = _trained({"name": "weight_norm", "scale": scale}, tiny, trained)
    for _, layer in weight_layers(discriminator):
        norms = layer.weight.flatten(1).norm(dim=1)
        torch.testing.assert_close(norms, torch.full_like(norms, scale))
    assert row["conformance"]["rows"] == {
        "what": "row norm, worst row", "value": pytest.approx(scale, rel=1e-5), "target": scale,
        "tolerance": pytest.approx(1e-4 * scale), "ok": True,
    }  # fmt: skip


def test_a_row_norm_of_another_scale_breaks_the_promise() -> None:
    linear = nn.Sequential(nn.Linear(5, 3))
    WeightNorm(scale=2.0).wrap(linear, (5,))
    assert WeightNorm(scale=2.0).conformance(linear, {})["rows"]["ok"]
    assert not WeightNorm().conformance(linear, {})["rows"]["ok"]


@pytest.mark.slow
def test_gradient_penalty_holds_the_gradient_near_one(tiny, trained) -> None:
    _, row = _trained("gradient_penalty", tiny, trained)
    _, control = _trained("weight_clipping", tiny, trained)
    assert row["input_grad_interpolates"] == pytest.approx(1, abs=0.2)
    assert control["input_grad_interpolates"] < 0.2


def test_spectral_norm_equals_torch_on_the_same_vectors() -> None:
    torch.manual_seed(1)
    ours = nn.Sequential(nn.Conv2d(3, 8, 4), nn.Flatten(), nn.Linear(8 * 25, 1))
    theirs = copy.deepcopy(ours)
    method = SpectralNorm()
    method.wrap(ours, (3, 8, 8))
    for layer in (theirs[0], theirs[2]):
        parametrizations.spectral_norm(layer)
    theirs.eval()  # torch advances u and v in every training forward; ours when told

    x = torch.randn(4, 3, 8, 8)
    for _ in range(3):
        for (_, mine), layer in zip(weight_layers(ours), (theirs[0], theirs[2]), strict=True):
            state = reparametrisation(mine)
            reference: nn.Module = layer.parametrizations["weight"][0]  # pyright: ignore
            reference.get_buffer("_u").copy_(state.get_buffer("u"))
            reference.get_buffer("_v").copy_(state.get_buffer("v"))
        torch.testing.assert_close(ours(x), theirs(x))
        for network in (ours, theirs):
            network.zero_grad()
            network(x).square().mean().backward()
        torch.testing.assert_close(
            raw_weight(ours[0]).grad, raw_weight(theirs[0]).grad, rtol=1e-4, atol=1e-5
        )
        method.project(ours)


def test_power_iteration_finds_the_leading_singular_pair() -> None:
    generator = torch.Generator().manual_seed(0)
    weight, u, v = (torch.randn(*n, generator=generator) for n in ((12, 30), (12,), (30,)))
    power_iterate(weight, u, v, 500)
    left, values, right = scipy.linalg.svd(weight.double().numpy())
    assert (u @ weight @ v).item() == pytest.approx(values[0], rel=1e-5)
    assert abs(u.double().numpy() @ left[:, 0]) == pytest.approx(1, abs=1e-4)
    assert abs(v.double().numpy() @ right[0]) == pytest.approx(1, abs=1e-4)


def test_weight_norm_with_a_gain_equals_torch() -> None:
    torch.manual_seed(2)
    ours = nn.Sequential(nn.Linear(5, 3))
    theirs, plain = copy.deepcopy(ours), copy.deepcopy(ours.state_dict())
    WeightNorm(learnable_gain=True).wrap(ours, (5,))
    parametrizations.weight_norm(theirs[0])
    nn.init.ones_(theirs.get_parameter("0.parametrizations.weight.original0"))
    torch.testing.assert_close(ours[0].weight, theirs[0].weight)
    assert len(list(ours.parameters())) == 3
    scaled = nn.Sequential(nn.Linear(5, 3))
    scaled.load_state_dict(plain)
    WeightNorm(learnable_gain=True, scale=3.0).wrap(scaled, (5,))
    for (_, mine), (_, other) in zip(weight_layers(scaled), weight_layers(ours), strict=True):
        torch.testing.assert_close(matrix(mine), 3 * matrix(other))


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, 10 * (3 - 1) ** 2),
        ({"centre": 5, "lambda_gp": 2}, 8),
        ({"centre": 5, "one_sided": True}, 0),
    ],
)
def test_gradient_penalty_of_a_linear_map_is_known(parameters, expected) -> None:
    linear = nn.Sequential(nn.Flatten(), nn.Linear(9, 1, bias=False), nn.Flatten(0))
    nn.init.ones_(linear.get_parameter("1.weight"))  # |gradient| = sqrt(9) = 3 everywhere
    images = torch.zeros(4, 1, 3, 3)
    generator = torch.Generator().manual_seed(0)
    penalty = GradientPenalty(**parameters).term(linear, images, images + 1, generator)
    assert penalty.item() == pytest.approx(expected)


def test_input_gradient_norms_match_finite_differences(tiny) -> None:
    discriminator = Networks(tiny(), "cpu").discriminator
    discriminator = discriminator.double()
    torch.manual_seed(0)
    x = torch.randn(2, 1, 8, 8, dtype=torch.float64)
    norms = input_gradient_norms(discriminator, x)
    for sample, norm in zip(x, norms, strict=True):
        bumps = torch.eye(64, dtype=torch.float64).view(64, 1, 8, 8) * 1e-6
        slopes = (discriminator(sample + bumps) - discriminator(sample - bumps)) / 2e-6
        assert slopes.norm().item() == pytest.approx(norm.item(), rel=1e-5)


@pytest.mark.parametrize("shape", [(8, 40), (40, 8), (1, 30)])
def test_many_power_iterations_at_a_time_are_as_many_single_ones(shape) -> None:
    torch.manual_seed(0)
    weight = torch.randn(shape, dtype=torch.float64)
    start = [torch.nn.functional.normalize(torch.randn(n, dtype=torch.float64), dim=0)
             for n in shape]  # fmt: skip
    (u, v), (one_u, one_v) = ([vector.clone() for vector in start] for _ in range(2))
    power_iterate(weight, u, v, 12)
    for _ in range(12):
        power_iterate(weight, one_u, one_v, 1)
    torch.testing.assert_close(u, one_u)
    torch.testing.assert_close(v, one_v)


def test_the_activation_of_gradient_penalty_is_leaky_relu_bit_for_bit() -> None:
    values = torch.tensor([-3.0, -1e-40, -0.0, 0.0, 1e-40, 2.0, torch.inf, torch.nan])
    x = torch.cat([values, torch.randn(1000, generator=torch.manual_seed(0))])
    both = []
    for module in (torch.nn.LeakyReLU(0.2), PiecewiseLinear(0.2)):
        leaf = x.clone().requires_grad_(True)
        out = module(leaf)
        (gradient,) = torch.autograd.grad(out.sum(), leaf)
        both.append((out.detach().view(torch.int32), gradient.view(torch.int32)))
    assert all(torch.equal(a, b) for a, b in zip(*both, strict=True))
