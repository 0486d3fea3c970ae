"""What is proven of gradient normalisation, what is not, and who may call it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from runners.diagnostics.bounds import upper_bound
from runners.input_gradients import input_gradient_norms
from runners.lipschitz.gradient_normalisation import GradientNormalisation
from runners.networks import Networks


def _points(count: int = 16) -> torch.Tensor:
    draws = torch.Generator().manual_seed(3)
    return torch.rand(count, 1, 8, 8, generator=draws, dtype=torch.float64) * 2 - 1


@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_inside_a_linear_piece_the_gradient_is_known_and_at_most_the_scale(scale, tiny) -> None:
    plain = Networks(tiny(), "cpu").discriminator.double()
    method = {"name": "gradient_normalisation", "scale": scale}
    wrapped = Networks(tiny(method=method), "cpu").discriminator.double()
    for network in (plain, wrapped):
        for parameter in network.parameters():
            parameter.data.mul_(5)
    x = _points()
    slope, value = input_gradient_norms(plain, x), plain(x).abs()
    found = input_gradient_norms(wrapped, x)
    torch.testing.assert_close(found, scale * slope**2 / (slope + value) ** 2)
    assert found.max() <= scale
    torch.testing.assert_close(wrapped(x), scale * plain(x) / (slope + value))


def test_where_pieces_meet_it_jumps_so_that_no_bound_is_known() -> None:
    kinked = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1), nn.Flatten(0))
    for name, values in (
        ("0.weight", [[1.0], [-1.0]]), ("0.bias", [0.0, 0.0]),
        ("2.weight", [[1.1, -0.1]]), ("2.bias", [1.0]),
    ):  # fmt: skip
        kinked.get_parameter(name).data.copy_(torch.tensor(values))
    network = GradientNormalisation().wrap(kinked, (1,))
    left, right = network(torch.tensor([[-1e-6], [1e-6]])).tolist()
    assert left == pytest.approx(1 / 1.1, abs=1e-4)  # slope .1
    assert right == pytest.approx(1 / 2.1, abs=1e-4)  # slope 1.1
    bound, why = upper_bound(network, {"inner.0": 1.0, "inner.2": 1.0})
    assert bound is None
    assert why is not None
    assert "can jump" in why


def test_gradients_are_those_of_finite_differences(tiny) -> None:
    network = Networks(tiny(method="gradient_normalisation"), "cpu").discriminator.double()
    for parameter in network.parameters():
        parameter.data.mul_(5)
    x = _points(2).requires_grad_(True)
    assert torch.autograd.gradcheck(network, x, eps=1e-7)
    bias = network.get_parameter("inner.0.bias")

    def penalty() -> torch.Tensor:
        return input_gradient_norms(network, x, create_graph=True).square().sum()

    (gradient,) = torch.autograd.grad(penalty(), bias)
    for place in range(3):
        ends = []
        for step in (1e-6, -2e-6):
            bias.data[place] += step
            ends.append(penalty().item())
        bias.data[place] += 1e-6
        assert gradient[place].item() == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-4)


def test_callers_without_gradients_get_the_same_numbers(tiny) -> None:
    network = Networks(tiny(method="gradient_normalisation"), "cpu").discriminator
    x = _points().float()
    with torch.no_grad():
        quiet = network(x)
    assert not quiet.requires_grad
    assert torch.equal(quiet, network(x).detach())
    assert not x.requires_grad


def test_a_frozen_discriminator_teaches_the_generator_through_it(tiny) -> None:
    network = Networks(tiny(method="gradient_normalisation"), "cpu").discriminator
    network.requires_grad_(False)
    x = (_points().float() * torch.ones((), requires_grad=True)).requires_grad_(True)
    (gradient,) = torch.autograd.grad(network(x).sum(), x)
    torch.testing.assert_close(gradient.flatten(1).norm(dim=1), input_gradient_norms(network, x))


def test_in_bf16_the_quotient_keeps_full_precision(tiny) -> None:
    network = Networks(tiny(method="gradient_normalisation"), "cpu").discriminator
    x = _points().float()
    full = network(x)
    with torch.autocast("cpu", torch.bfloat16):
        half = network(x)
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, full, atol=0.02, rtol=0)
    half.sum().backward()
