"""Björck's iteration against the polar factor, MaxMin against sorting."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch
from torch import nn

from runners.diagnostics.bounds import upper_bound
from runners.diagnostics.operator_norm import operator_norms
from runners.input_gradients import input_gradient_norms
from runners.lipschitz.bjorck import Bjorck, _bound
from runners.lipschitz.max_min import MaxMin
from runners.networks import Networks
from runners.weights import matrix, weight_layers


def _normal(*shape: int) -> torch.Tensor:
    draws = torch.Generator().manual_seed(sum(shape))
    return torch.randn(*shape, generator=draws, dtype=torch.float64)


@pytest.mark.parametrize("shape", [(6, 20), (20, 6), (1, 30), (5, 2, 3, 3), (8, 1, 2, 2)])
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_the_nearest_orthonormal_matrix_is_found(shape, size) -> None:
    weight = size * _normal(*shape)
    found = Bjorck(scale=1.5).effective(weight).flatten(1).numpy()
    polar, _ = scipy.linalg.polar(weight.flatten(1).numpy())
    np.testing.assert_allclose(found, 1.5 * polar, atol=1e-8)


def test_the_divisor_is_a_bound_of_sigma_and_near_it() -> None:
    for shape in ((4, 30), (64, 512), (50, 50)):
        weight = _normal(*shape)
        ratio = _bound(weight).item() / scipy.linalg.svdvals(weight.numpy())[0]
        assert 1 <= ratio <= shape[0] ** 0.125
    assert _bound(torch.zeros(3, 4)) == 1


def test_a_weight_of_zeros_stays_one() -> None:
    weight = torch.zeros(3, 4, requires_grad=True)
    out = Bjorck().effective(weight)
    assert torch.equal(out, torch.zeros(3, 4))


@pytest.mark.parametrize("shape", [(3, 7), (5, 2)])
def test_gradients_are_those_of_finite_differences(shape) -> None:
    weight = _normal(*shape).requires_grad_(True)
    assert torch.autograd.gradcheck(Bjorck(scale=0.7).effective, weight)
    x = _normal(2, 5, 2).requires_grad_(True)
    assert torch.autograd.gradcheck(MaxMin(), x)


@pytest.mark.parametrize("channels", [1, 2, 5, 8])
def test_pairs_of_channels_are_sorted_and_an_odd_one_is_left(channels) -> None:
    x = _normal(3, channels, 4).requires_grad_(True)
    out = MaxMin()(x)
    even = channels // 2 * 2
    pairs = x.detach().numpy()[:, :even].reshape(3, -1, 2, 4)
    expected = np.concatenate(
        [-np.sort(-pairs, axis=2).reshape(3, even, 4), x.detach().numpy()[:, even:]], axis=1
    )
    np.testing.assert_array_equal(out.detach().numpy(), expected)
    towards = _normal(3, channels, 4)
    (gradient,) = torch.autograd.grad(out, x, towards)
    torch.testing.assert_close(gradient.norm(), towards.norm())


def test_kernels_are_orthonormal_convolutions_less_so_and_the_bound_says_it(tiny) -> None:
    model = {"name": "dcgan", "width": 7, "latent": 8}
    network = Networks(tiny(method="bjorck", model=model), "cpu").discriminator.eval()
    network.requires_grad_(False)
    for _, layer in weight_layers(network):
        values = scipy.linalg.svdvals(matrix(layer).double().numpy())
        np.testing.assert_allclose(values, 1, atol=1e-4)
    rows = operator_norms(network, (1, 8, 8), {})
    norms = [row["operator_norm"] for row in rows.values()]
    assert max(norms) > 1.3, "of a convolution whose reshaped kernel is orthonormal"
    assert all(norm <= 2 + 1e-4 for norm in norms)
    bound, _ = upper_bound(network, {name: row["operator_upper"] for name, row in rows.items()})
    assert bound == pytest.approx(np.prod(norms))
    assert bound is not None
    x = _normal(8, 1, 8, 8).float()
    assert 0 < input_gradient_norms(network, x).max() <= bound


def test_activations_that_shrink_gradients_become_sorting(tiny) -> None:
    network = Networks(tiny(method="bjorck"), "cpu").discriminator
    kinds = [type(module) for module in network.modules() if not list(module.children())]
    assert MaxMin in kinds
    assert not {nn.ReLU, nn.LeakyReLU} & set(kinds)


def test_a_weight_of_another_scale_breaks_the_promise(tiny) -> None:
    network = Networks(tiny(method="bjorck"), "cpu").discriminator
    assert Bjorck().conformance(network, {})["singular"]["ok"]
    assert not Bjorck(scale=1.1).conformance(network, {})["singular"]["ok"]
