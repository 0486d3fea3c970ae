"""What diagnostics and methods see of D: unusual convolutions, nested and shared transforms."""

from __future__ import annotations

import math

import pytest
import scipy.linalg
import torch
from torch import nn
from torch.nn.utils import parametrize

from runners.diagnostics import operator_upper
from runners.diagnostics.bounds import bounds
from runners.diagnostics.operator_norm import TOLERANCE, operator_norms, power_iteration
from runners.diagnostics.operator_upper import circular_norm
from runners.diagnostics.spectrum import spectra
from runners.lipschitz.spectral_norm import SpectralNorm
from runners.lipschitz.weight_norm import WeightNorm
from runners.weights import matrix, raw_weight, singular_values, weight_layers

LAYERS = {
    "dilated": nn.Conv2d(2, 3, 3, padding=2, dilation=2),
    "dilated and strided": nn.Conv2d(2, 3, 3, stride=2, padding=2, dilation=2),
    "dilated by three, strided by two": nn.Conv2d(2, 3, 4, stride=2, padding=3, dilation=3),
    "grouped": nn.Conv2d(4, 6, 3, padding=1, groups=2),
    "depthwise": nn.Conv2d(4, 4, 3, stride=2, padding=1, groups=4),
    "transposed": nn.ConvTranspose2d(3, 2, 4, 2, 1),
    "transposed, grouped": nn.ConvTranspose2d(4, 2, 3, 2, 1, output_padding=1, groups=2),
    "transposed, dilated": nn.ConvTranspose2d(2, 2, 3, 1, 0, dilation=2),
    "same": nn.Conv2d(2, 3, 3, padding="same"),
    "valid": nn.Conv2d(2, 3, 3, padding="valid"),
    "circular": nn.Conv2d(2, 3, 3, padding=1, padding_mode="circular"),
    "reflecting": nn.Conv2d(2, 3, 3, padding=1, padding_mode="reflect"),
    "oblong": nn.Conv2d(2, 3, (3, 5), stride=(1, 2), padding=(1, 2)),
}
SIZE = 7


def explicit(layer: nn.Module, channels: int, size: int = SIZE) -> torch.Tensor:
    """Return the matrix of a layer without its bias, column by column."""
    basis = torch.eye(channels * size * size).view(-1, channels, size, size)
    with torch.no_grad():
        return (layer(basis) - layer(torch.zeros_like(basis[:1]))).flatten(1).T


@pytest.mark.parametrize("name", LAYERS)
def test_operator_norms_are_those_of_the_explicit_matrix(name) -> None:
    torch.manual_seed(0)
    layer = LAYERS[name]
    nn.init.normal_(layer.weight)
    whole = explicit(layer, layer.in_channels)
    truth = scipy.linalg.svdvals(whole.numpy())[0]
    found, _ = power_iteration(layer, torch.Size((layer.in_channels, SIZE, SIZE)))
    assert found == pytest.approx(truth, rel=TOLERANCE)
    assert found <= truth * (1 + 1e-5)
    row = operator_norms(layer, (layer.in_channels, SIZE, SIZE), {})[""]
    assert row["operator_norm"] == row["operator_upper"] == pytest.approx(truth, rel=1e-5)


@pytest.mark.parametrize("name", sorted(set(LAYERS) - {"circular", "reflecting"}))
def test_the_bound_over_the_reshaped_kernel_holds(name) -> None:
    layer = LAYERS[name]
    for seed in range(20):
        nn.init.normal_(layer.weight, generator=torch.Generator().manual_seed(seed))
        row = operator_norms(layer, (layer.in_channels, SIZE, SIZE), {})[""]
        sigma = singular_values(matrix(layer))[0].item()
        assert row["operator_norm"] <= row["operator_bound"] * sigma * (1 + 1e-5)
        circular = circular_norm(layer, torch.Size((layer.in_channels, SIZE, SIZE)))
        assert row["operator_norm"] <= circular * (1 + 1e-9)
        assert circular <= row["operator_bound"] * sigma * (1 + 1e-9)


def test_the_bound_is_tight_for_a_kernel_of_ones() -> None:
    layer = nn.Conv2d(1, 1, 4, 2, 0, bias=False)
    nn.init.ones_(layer.weight)
    row = operator_norms(layer, (1, 40, 40), {})[""]
    assert row["operator_norm"] == pytest.approx(row["operator_bound"] * 4, rel=0.02)


def test_a_parametrisations_own_layers_are_none_of_ds() -> None:
    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mix = nn.Linear(4, 4)

        def forward(self, weight: torch.Tensor) -> torch.Tensor:
            return self.mix(weight)

    network = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1))
    parametrize.register_parametrization(network[0], "weight", Mixed(), unsafe=True)
    assert [name for name, _ in weight_layers(network)] == ["0", "2"]
    assert [row["layer"] for row in spectra(network)] == ["0", "2"]


class Scaled(nn.Module):
    """An equalised learning rate, for one."""

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        return 3 * weight


@pytest.mark.parametrize("method", [SpectralNorm(), WeightNorm()])
def test_a_method_comes_after_what_a_layer_is_wrapped_in_already(method) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(16, 1))
    shared = Scaled()
    for layer in (network[0], network[2]):
        parametrize.register_parametrization(layer, "weight", shared)
    raw = [raw_weight(layer).clone() for _, layer in weight_layers(network)]
    method.wrap(network, (1, 6, 6))
    for _ in range(200):
        method.project(network)
    assert all(entry["ok"] for entry in method.conformance(network, {}).values())
    assert all(
        torch.equal(a, raw_weight(b)) for a, (_, b) in zip(raw, weight_layers(network), strict=True)
    )


def test_a_layer_used_at_two_sizes_has_the_larger_norm_and_counts_twice(monkeypatch) -> None:
    torch.manual_seed(0)

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Conv2d(2, 2, 3, stride=2, padding=1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.layer(self.layer(x)).flatten(1).sum(1)

        def lipschitz_bound(self, of) -> float:  # type: ignore[no-untyped-def]
            return of(self.layer) ** 2 * math.sqrt(2 * 2 * 2)

    network = Twice().requires_grad_(False)
    starts: dict[str, torch.Tensor] = {}
    row = operator_norms(network, (2, 8, 8), starts)["layer"]
    truths = [scipy.linalg.svdvals(explicit(network.layer, 2, size).numpy())[0] for size in (8, 4)]
    assert row["operator_norm"] == row["operator_upper"] == pytest.approx(max(truths), rel=1e-5)
    found = bounds(network, torch.rand(16, 2, 8, 8), {"layer": row["operator_upper"]})
    assert 0 < found["lipschitz_lower"] <= found["lipschitz_upper"]
    monkeypatch.setattr(operator_upper, "SIDE", 0)
    estimated = operator_norms(network, (2, 8, 8), starts)["layer"]
    assert estimated["operator_norm"] == pytest.approx(max(truths), rel=TOLERANCE)
    assert estimated["operator_upper"] >= max(truths)
    assert len(starts) == 2
