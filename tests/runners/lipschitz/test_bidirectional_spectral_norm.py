"""Both norms against SciPy's."""

from __future__ import annotations

import pytest
import scipy.linalg
import torch
from torch import nn

from runners.lipschitz.bidirectional_spectral_norm import BidirectionalSpectralNorm
from runners.weights import weight_layers


def _network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 10, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(10, 4, 3), nn.ReLU(),
        nn.Conv2d(4, 4, 3, groups=2), nn.Flatten(), nn.Linear(64, 2), nn.Linear(2, 1),
    )  # fmt: skip


def test_the_mean_of_both_norms_is_the_scale() -> None:
    method, network = BidirectionalSpectralNorm(scale=1.7, n_power_iterations=100), _network()
    method.wrap(network, (3, 8, 8))
    for _ in range(3):
        method.project(network)
    for _, layer in weight_layers(network):
        weight = layer.weight.detach().double().numpy()
        both = (weight.reshape(len(weight), -1),
                weight.swapaxes(0, 1).reshape(weight.shape[1], -1))  # fmt: skip
        sigmas = [scipy.linalg.svdvals(matrix)[0] for matrix in both]
        assert sum(sigmas) / 2 == pytest.approx(1.7, rel=1e-3)
        if weight.ndim == 2:
            assert sigmas[0] == pytest.approx(sigmas[1])
    assert method.conformance(network, {})["sigmas"]["ok"]
    assert not BidirectionalSpectralNorm().conformance(network, {})["sigmas"]["ok"]


def test_gradients_are_those_of_finite_differences_with_constant_vectors() -> None:
    draws = torch.Generator().manual_seed(0)
    sizes = ((4, 3, 2, 2), (4,), (12,), (3,), (16,))
    weight, *kept = (torch.randn(*s, dtype=torch.float64, generator=draws) for s in sizes)
    method = BidirectionalSpectralNorm(scale=0.7)
    assert torch.autograd.gradcheck(
        lambda w: method.effective(w, *kept), weight.requires_grad_(True)
    )
