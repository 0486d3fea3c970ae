"""Spectra against scipy, on the effective weight."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch

from runners.diagnostics.spectrum import spectra, spread
from runners.networks import Networks
from runners.weights import singular_values, weight_layers


@pytest.mark.parametrize("shape", [(5, 40), (40, 5), (1, 9), (7, 7)])
def test_singular_values_equal_scipys(shape) -> None:
    weight = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    expected = scipy.linalg.svdvals(weight.double().numpy())
    np.testing.assert_allclose(singular_values(weight), expected, rtol=1e-9)


def test_spread_of_known_spectra() -> None:
    flat = spread(torch.ones(8, dtype=torch.float64))
    assert flat["stable_rank"] == pytest.approx(1)
    assert flat["effective_rank"] == pytest.approx(1)
    assert flat["log10_q90_q10"] == pytest.approx(0)
    spike = spread(torch.tensor([3.0, 0, 0, 0], dtype=torch.float64))
    assert spike["sigma_max"] == 3
    assert spike["stable_rank"] == pytest.approx(1 / 4)
    assert spike["effective_rank"] == pytest.approx(1 / 4)
    assert spike["log10_q90_q10"] is None
    assert spread(torch.zeros(3, dtype=torch.float64))["stable_rank"] is None
    assert spread(torch.tensor([2.0]))["log10_q90_q10"] is None


def test_rows_describe_the_effective_weight(tiny) -> None:
    discriminator = Networks(tiny(method="weight_norm"), "cpu").discriminator
    rows = spectra(discriminator)
    layers = list(weight_layers(discriminator))
    assert [row["kind"] for row in rows] == ["conv", "conv", "linear"]
    for row, (name, layer) in zip(rows, layers, strict=True):
        matrix = layer.weight.detach().flatten(1).double().numpy()
        assert (row["layer"], row["rows"], row["columns"]) == (name, *matrix.shape)
        np.testing.assert_allclose(
            row["singular_values"], scipy.linalg.svdvals(matrix), rtol=1e-5, atol=1e-7
        )
