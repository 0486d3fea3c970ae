"""Penalties: values on linear maps, gradients against finite differences, and laziness."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from runners import seeds
from runners.contracts.base import images
from runners.lipschitz import METHODS
from runners.lipschitz.adversarial_lipschitz import AdversarialLipschitz
from runners.lipschitz.base import Method
from runners.lipschitz.dragan import perturbed
from runners.lipschitz.penalty import Penalty
from runners.lipschitz.piecewise_linear import PiecewiseLinear
from runners.models import MODELS
from runners.networks import Networks
from runners.weights import raw_weight, weight_layers

PENALTIES: dict[str, type[Penalty]] = {
    name: method for name, method in METHODS.items() if issubclass(method, Penalty)
}
REAL, FAKE = (torch.randn(6, 2, dtype=torch.float64, generator=seeds.draws(0, w)) for w in "ab")


def _linear(*weights: float) -> nn.Sequential:
    """Return D(x) = w'x on the plane."""
    network = nn.Sequential(nn.Linear(2, 1, bias=False), nn.Flatten(0)).double()
    network.get_parameter("0.weight").data.copy_(torch.tensor([weights]))
    return network


def _smooth(method: Method) -> nn.Module:
    """Return a small D with second derivatives everywhere, under a method."""
    torch.manual_seed(3)
    network = nn.Sequential(
        nn.Linear(2, 5), nn.Softplus(), nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 1), nn.Flatten(0)
    ).double()
    for parameter in network.parameters():
        parameter.data.mul_(3)  # steep, so that no one-sided penalty is 0
    return method.wrap(network, (2,))


def _penalty(method: Method, network: nn.Module, update: int = 0) -> Tensor:
    penalty = method.penalty(network, REAL, FAKE, seeds.draws(0, "penalty", update), update)
    assert penalty is not None
    return penalty


OF_A_LINE = {  # of D(x) = 3 x_1 + 4 x_2, whose gradient has norm 5 everywhere
    "gradient_penalty": 10 * (5 - 1) ** 2,
    "r1": 10 / 2 * 5**2,
    "r2": 10 / 2 * 5**2,
    "r1_r2": 10 / 2 * 5**2 * 2,
    "dragan": 10 * (5 - 1) ** 2,
    "max_gp": 0.1 * 5**2,
    "adversarial_lipschitz": 10 * (5 - 1) ** 2,
    "orthonormal": 1e-4 * (5**2 - 1) ** 2,
    "spectral_regularisation": 0.01 / 2 * 5**2,
    "sn_gp": 0.0,  # its sigma is 1 at first
}


def test_every_penalty_is_here() -> None:
    assert set(OF_A_LINE) == set(PENALTIES)


@pytest.mark.parametrize("name", PENALTIES)
def test_penalties_of_a_linear_map_are_known(name) -> None:
    method = PENALTIES[name]()
    value = _penalty(method, method.wrap(_linear(3.0, 4.0), (2,))).item()
    assert value == pytest.approx(OF_A_LINE[name], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", PENALTIES)
def test_gradients_in_the_weights_match_finite_differences(name, monkeypatch) -> None:
    _keep_the_first_direction(monkeypatch)
    method = PENALTIES[name]()
    network = _smooth(method)
    for parameter in network.parameters():
        (gradient,) = torch.autograd.grad(_penalty(method, network), parameter, allow_unused=True)
        slopes = [_slope(method, network, parameter, i) for i in range(parameter.numel())]
        found = torch.zeros_like(parameter) if gradient is None else gradient
        torch.testing.assert_close(found.flatten(), torch.stack(slopes), rtol=1e-5, atol=1e-6)


def _keep_the_first_direction(monkeypatch) -> None:
    """Hold the worst direction, constant under autograd, under finite differences too."""
    worst, found = AdversarialLipschitz.worst, []

    def once(*arguments: Any) -> Tensor:
        found[:] = found or [worst(*arguments)]
        return found[0]

    monkeypatch.setattr(AdversarialLipschitz, "worst", once)


@torch.no_grad()
def _slope(method: Method, network: nn.Module, parameter: Tensor, index: int) -> Tensor:
    values = []
    for bump in (1e-6, -1e-6):
        parameter.flatten()[index] += bump
        values.append(_penalty(method, network))
        parameter.flatten()[index] -= bump
    return (values[0] - values[1]) / 2e-6


def test_the_worst_direction_of_a_quadratic_is_found() -> None:
    """D = |A x|^2 / 2 changes most along the leading eigenvector of A'A, from x = 0."""

    class Quadratic(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return (x * torch.tensor([1.0, 3.0])).square().sum(1) / 2

    start = torch.tensor([[1.0, 0.2], [-1.0, 0.3]])
    method = AdversarialLipschitz(n_power_iterations=20)
    found = method.worst(Quadratic(), torch.zeros(2, 2), torch.zeros(2), start)
    torch.testing.assert_close(found.abs(), torch.tensor([[0.0, 1.0]] * 2))
    once = AdversarialLipschitz().worst(Quadratic(), torch.zeros(2, 2), torch.zeros(2), start)
    ratio = (once[:, 1] / once[:, 0]).abs() / (start[:, 1] / start[:, 0]).abs()
    torch.testing.assert_close(ratio, torch.tensor([9.0, 9.0]))


def test_adversarial_steps_keep_images_in_their_range_and_points_free() -> None:
    seen: list[Tensor] = []

    class Watched(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            seen.append(x.detach())
            return x.flatten(1).sum(1)

    for shape, inside in (((1, 4, 4), True), ((2,), False)):
        seen.clear()
        x = torch.rand(8, *shape, generator=seeds.draws(0, "x")) * 2 - 1
        AdversarialLipschitz().penalty(Watched(), x, -x, seeds.draws(0, "penalty"), 0)
        assert (max(each.abs().max().item() for each in seen) <= 1) == inside


def test_dragan_stands_at_most_half_a_deviation_above_the_data() -> None:
    real = torch.rand(400, 1, 4, 4, generator=seeds.draws(0, "x")) * 2 - 1
    steps = (perturbed(real, seeds.draws(0, "penalty")) - real) / real.std(correction=0)
    assert steps.min() >= -1e-6
    assert 0.4 < steps.max() <= 0.5 + 1e-6
    assert steps.mean().item() == pytest.approx(0.125, abs=0.01)  # of alpha / 2 times U / 2
    largest = steps.flatten(1).max(dim=1).values  # one alpha for each image
    assert largest.quantile(0.1) < 0.1
    assert largest.quantile(0.9) > 0.4


def test_the_largest_gradient_alone_is_penalised() -> None:
    class Steep(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x[:, 0].square() / 2  # its gradient norm is |x_1|

    x = torch.tensor([[1.0, 0.0], [7.0, 0.0], [-3.0, 0.0]])
    penalty = METHODS["max_gp"]().penalty(Steep(), x, x, seeds.draws(0, "p"), 0)
    assert penalty is not None
    assert penalty.item() == pytest.approx(0.1 * 7**2)


def test_orthonormal_rows_or_columns_cost_nothing() -> None:
    for shape in ((3, 7), (7, 3)):
        layer = nn.Linear(*shape)
        nn.init.orthogonal_(layer.weight)
        penalty = METHODS["orthonormal"]().penalty(layer, REAL, FAKE, seeds.draws(0, "p"), 0)
        assert penalty is not None
        assert penalty.item() == pytest.approx(0, abs=1e-12)


def test_sigma_is_followed_across_updates() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 8, 4), nn.Flatten(), nn.Linear(200, 1))
    method = METHODS["spectral_regularisation"](n_power_iterations=50)  # pyright: ignore
    method.wrap(network, (3, 8, 8))
    for _ in range(2):
        with torch.no_grad():
            for _, layer in weight_layers(network):
                layer.weight.add_(torch.randn_like(layer.weight))
        method.project(network)
        sigmas = [torch.linalg.matrix_norm(layer.weight.flatten(1), 2)
                  for _, layer in weight_layers(network)]  # fmt: skip
        expected = 0.005 * sum(sigma.item() ** 2 for sigma in sigmas)
        assert _penalty(method, network).item() == pytest.approx(expected, rel=1e-3)


def test_the_gain_of_sn_gp_is_each_layers_sigma_and_is_learned() -> None:
    method = METHODS["sn_gp"](n_power_iterations=50)  # pyright: ignore
    network = _smooth(method)
    gains = [p for name, p in network.named_parameters() if name.endswith("gamma")]
    assert [gain.item() for gain in gains] == [1.0] * 3
    assert all(gain.requires_grad for gain in gains)
    for number, gain in enumerate(gains):
        gain.data.fill_(number + 0.5)
    for _, layer in weight_layers(network):
        raw_weight(layer).data.add_(torch.randn_like(raw_weight(layer)))
    method.project(network)
    sigmas = [torch.linalg.matrix_norm(layer.weight.detach(), 2).item()
              for _, layer in weight_layers(network)]  # fmt: skip
    assert sigmas == pytest.approx([0.5, 1.5, 2.5], rel=1e-6)


@pytest.mark.parametrize("name", PENALTIES)
def test_a_lazy_penalty_is_none_in_between_and_as_large_on_average(name) -> None:
    method = PENALTIES[name]
    lazy, eager = method(lazy=4), method()
    network = _smooth(eager)
    for update in range(8):
        penalty = lazy.penalty(network, REAL, FAKE, seeds.draws(0, "penalty", update), update)
        assert (penalty is None) == (update % 4 != 0)
        if penalty is not None:
            expected = 4 * _penalty(eager, network, update)
            torch.testing.assert_close(penalty, expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("lazy", [0, 1001])
def test_lazy_has_bounds(lazy) -> None:
    with pytest.raises(ValueError, match="lazy"):
        METHODS["r1"](lazy=lazy)  # pyright: ignore


LAZY = [{"name": "r1", "lazy": 3}, {"name": "sn_gp", "lazy": 3}]


@pytest.mark.parametrize("method", LAZY, ids=str)
def test_a_lazy_run_stopped_between_two_penalties_resumes_exactly(method, tiny, tmp_path) -> None:
    from runners.options import Options
    from runners.store.run import RunStore
    from runners.train import train

    spec = tiny(method=method, log_every=1, n_dis=2, steps=6)
    whole, parts = (RunStore(tmp_path / name / spec.run_id) for name in ("whole", "parts"))
    for store in (whole, parts):
        store.create(spec.as_dict)
    train(spec, whole, Options())
    for _ in range(spec.steps):
        train(spec, parts, Options(), lambda: True)
    assert parts.is_done()
    for name in ("metrics", "scores", "spectra", "diagnostics"):
        assert parts.rows_file(name).read_bytes() == whole.rows_file(name).read_bytes()
    # a row holds the last of a step's two updates: 1, 3, 5, ...
    due = [row["penalty"] > 0 for row in whole.rows("metrics")]
    assert due == [update % 3 == 0 for update in range(1, 12, 2)]


def test_bf16_leaves_penalties_on_weights_and_differences_their_precision(tiny) -> None:
    steep = {"name": "adversarial_lipschitz", "scale": 1e-4}  # initial weights exceed it
    for method in ("orthonormal", "spectral_regularisation", steep):
        spec = tiny(method=method)
        network = Networks(spec, "cpu").discriminator
        x, y = (torch.rand(8, 1, 8, 8, generator=seeds.draws(0, w)) for w in "xy")
        values = []
        for half in (False, True):
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                values.append(spec.method.penalty(network, x, y, seeds.draws(0, "p"), 0))
        assert values[0] > 0, method
        assert torch.equal(*values), method


def test_a_relativistic_pair_knows_differences_alone() -> None:
    from runners.losses import LOSSES

    loss = LOSSES["relativistic"]
    real, fake = (torch.randn(9, generator=seeds.draws(0, which)) for which in "rf")
    for each in (loss.discriminator, loss.generator):
        torch.testing.assert_close(each(real + 5, fake + 5), each(real, fake))
        assert each(real, real).item() == pytest.approx(math.log(2))
    torch.testing.assert_close(loss.generator(real, fake), loss.discriminator(fake, real))


def test_adversarial_differences_are_of_one_discriminator_in_spite_of_dropout() -> None:
    model = MODELS["fashion_dcgan"]()
    network = model.discriminator((1, 28, 28))
    model.initialise(network, seeds.draws(0, "init"))
    real, fake = (images(name, (1, 28, 28), 8) for name in "ab")
    method = AdversarialLipschitz(scale=1e-6)
    masked = method.penalty(network.train(), real, fake, seeds.draws(0, "penalty"), 0)
    plain = method.penalty(network.eval(), real, fake, seeds.draws(0, "penalty"), 0)
    assert torch.equal(masked, plain)  # pyright: ignore
    assert all(not module.training for module in network.modules())


def test_slopes_keep_the_type_of_what_they_multiply() -> None:
    x = torch.randn(50, dtype=torch.float64)
    assert torch.equal(PiecewiseLinear(0.2)(x), nn.functional.leaky_relu(x, 0.2))
    half = x.bfloat16()
    torch.testing.assert_close(PiecewiseLinear(0.2)(half), nn.functional.leaky_relu(half, 0.2))
