"""The operator norm of every layer against the SVD of its explicit matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg
import torch
from torch import nn

from runners.lipschitz.operator_iteration import advance
from runners.lipschitz.operator_spectral_norm import OperatorSpectralNorm
from runners.networks import Networks
from runners.weights import incoming_weight, raw_weight, reparametrisation, weight_layers

LAYERS: dict[str, Any] = {
    "plain": lambda: nn.Conv2d(2, 3, 3, padding=1),
    "strided": lambda: nn.Conv2d(2, 5, 4, 2, 1),
    "valid": lambda: nn.Conv2d(2, 3, 3, padding="valid"),
    "same, dilated": lambda: nn.Conv2d(2, 3, 3, padding="same", dilation=2),
    "grouped": lambda: nn.Conv2d(2, 4, 3, groups=2),
    "circular": lambda: nn.Conv2d(2, 3, 3, padding=1, padding_mode="circular"),
    "transposed": lambda: nn.ConvTranspose2d(2, 3, 4, 2, 1, output_padding=1),
}


@torch.no_grad()
def _norm(layer: nn.Module, size: tuple[int, ...]) -> float:
    """Return the largest singular value of a layer's matrix: one column an input number."""
    count = int(np.prod(size))
    offset = layer(torch.zeros(1, *size))
    columns = (layer(torch.eye(count).view(count, *size)) - offset).flatten(1).T
    return float(scipy.linalg.svdvals(columns.double().numpy())[0])


@pytest.mark.parametrize("name", LAYERS)
def test_the_norm_of_a_convolution_is_the_scale(name: str) -> None:
    torch.manual_seed(1)
    network = nn.Sequential(LAYERS[name](), nn.LeakyReLU(0.2), nn.Flatten(), nn.LazyLinear(1))
    network(torch.zeros(2, 2, 7, 7))
    method = OperatorSpectralNorm(scale=1.5, n_power_iterations=100)
    method.wrap(network, (2, 7, 7))
    method.project(network)
    assert _norm(network[0], (2, 7, 7)) == pytest.approx(1.5, rel=1e-3)
    dense = network.get_parameter("3.parametrizations.weight.original").shape[1:]
    assert _norm(network[3], tuple(dense)) == pytest.approx(1.5, rel=1e-5)
    found = method.conformance(network, {})
    assert found["norm"]["value"] == pytest.approx(1.5, rel=1e-3)
    assert not OperatorSpectralNorm().conformance(network, {})["norm"]["ok"]


def test_what_is_kept_says_the_estimate_of_every_weight_and_is_constant() -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(2, 3, 3, 2, 1)
    x, slope = torch.randn(1, 2, 5, 5), torch.empty_like(layer.weight)
    advance(layer, layer.weight, x, slope, 3)
    map_ = lambda weight: torch.conv2d(x, weight, stride=2, padding=1)  # noqa: E731
    y = map_(layer.weight) / map_(layer.weight).norm()
    other = torch.randn_like(layer.weight)
    assert (other * slope).sum().item() == pytest.approx((y * map_(other)).sum().item(), abs=1e-5)
    method = OperatorSpectralNorm(scale=2.0)
    weight = layer.weight.detach().double().requires_grad_(True)
    kept = (x.double(), slope.double())
    assert torch.autograd.gradcheck(lambda w: method.effective(w, *kept), weight)


def test_a_weight_that_changes_its_sign_at_once_keeps_it() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.Flatten(), nn.Linear(12, 1))
    method = OperatorSpectralNorm()
    method.wrap(network, (1, 4, 4))
    for _, layer in weight_layers(network):
        raw_weight(layer).data.neg_()
    method.project(network)
    for _, layer in weight_layers(network):
        assert (layer.weight * incoming_weight(layer)).sum() > 0


class Pyramid(nn.Module):
    """One convolution at two sizes, and one that is not in use yet."""

    def __init__(self) -> None:
        super().__init__()
        self.twice, self.later = nn.Conv2d(1, 1, 3, padding=1), nn.Conv2d(1, 2, 4, 2, 1)
        self.norm, self.last = nn.BatchNorm2d(1), nn.Linear(16, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = nn.functional.avg_pool2d(torch.tanh(self.norm(self.twice(x))), 2)
        return self.last(self.twice(h).flatten(1)).flatten()


def test_layers_of_two_sizes_and_of_none_are_bounded_at_each() -> None:
    torch.manual_seed(0)
    network = Pyramid().train()
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    method = OperatorSpectralNorm(n_power_iterations=100)
    method.wrap(network, (1, 8, 8))
    method.project(network)
    assert network.training, "left as it was"
    for name in ("norm.running_mean", "norm.num_batches_tracked"):
        assert torch.equal(network.state_dict()[name], state[name])
    assert _norm(network.twice, (1, 8, 8)) == pytest.approx(1, rel=1e-3)
    assert _norm(network.twice, (1, 4, 4)) < 1
    assert reparametrisation(network.later).get_buffer("x").shape == (1, 1, 8, 8)
    assert _norm(network.later, (1, 8, 8)) == pytest.approx(1, rel=1e-3)
    assert _norm(network.later, (1, 4, 4)) < 1


def test_a_layer_without_it_is_counted(tiny) -> None:
    method = OperatorSpectralNorm()
    network = Networks(tiny(method="operator_spectral_norm"), "cpu").discriminator
    assert all(entry["ok"] for entry in method.conformance(network, {}).values())
    network = nn.Sequential(network, nn.Linear(1, 1))
    assert method.conformance(network, {})["normalised"]["value"] == 1
