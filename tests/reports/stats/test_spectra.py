import math

import numpy as np
import pandas as pd
import pytest

from reports.stats import gaussian, spectra
from reports.stats.last_rows import last_rows


def pick(frame, **values):
    for column, value in values.items():
        frame = frame[frame[column] == value]
    return frame.iloc[0]


def test_spectrum_curves_are_squares_over_the_largest(mixed):
    curves = spectra.spectrum_curves(mixed.spectra)
    row = last_rows(mixed.spectra).iloc[0]
    curve = curves[(curves["run_id"] == row["run_id"]) & (curves["layer"] == row["layer"])]
    values = np.array(row["singular_values"])
    np.testing.assert_allclose(curve["power"], (values / values[0]) ** 2)
    assert curve["position"].iloc[-1] == 1
    assert curve["power"].mean() == pytest.approx(row["stable_rank"])
    assert set(curves["layer"]) == {"0", "2"}, "the rank-1 head is not a conv layer"


def test_spectra_spread_is_of_the_last_step(mixed):
    row = pick(spectra.spectra_spread(mixed.spectra), method="spectral_norm", layer="2")
    rows = mixed.spectra
    mine = rows[
        (rows["method"] == "spectral_norm") & (rows["layer"] == "2") & (rows["step"] == 1000)
    ]
    assert row["stable_rank"] == pytest.approx(mine["stable_rank"].median())
    assert row["n_runs"] == 3


def test_a_zero_or_unreadable_spectrum_is_left_out():
    frame = pd.DataFrame(
        {
            "run_id": ["a", "b"], "cell": pd.Categorical(["", ""]),
            "method": pd.Categorical(["none", "none"]), "seed": [0, 1], "step": [1, 1],
            "layer": ["0", "0"], "index": [0, 0], "kind": ["conv", "conv"],
            "singular_values": [[0.0, 0.0], [None, 1.0]],
        }
    )  # fmt: skip
    assert spectra.spectrum_curves(frame).empty


def test_gaussian_stable_rank_matches_a_drawn_matrix():
    sigma = np.linalg.svd(np.random.default_rng(0).normal(size=(200, 800)), compute_uv=False)
    measured = (sigma**2).mean() / sigma[0] ** 2
    assert gaussian.gaussian_stable_rank(200, 800) == pytest.approx(measured, rel=0.05)


@pytest.mark.parametrize(("rows", "columns"), [(200, 800), (300, 300), (16, 4000)])
def test_the_gaussian_curve_is_the_quantiles_of_a_drawn_matrix(rows, columns):
    sigma = np.linalg.svd(np.random.default_rng(0).normal(size=(rows, columns)), compute_uv=False)
    position, power = gaussian.gaussian_curve(rows, columns)
    places = (np.arange(rows) + 0.5) / rows
    expected = (sigma / (math.sqrt(rows) + math.sqrt(columns))) ** 2
    np.testing.assert_allclose(np.interp(places, position, power), expected, atol=0.03)


@pytest.mark.parametrize("columns", [16, 512])
def test_the_mean_of_the_gaussian_curve_is_its_stable_rank(columns):
    position, power = gaussian.gaussian_curve(32, columns)
    assert position[-1] == pytest.approx(1, abs=0.002)
    mean = np.trapezoid(power, position)
    assert mean == pytest.approx(gaussian.gaussian_stable_rank(32, columns), abs=0.005)


def test_the_largest_possible_operator_norm_is_the_bound_times_sigma(mixed):
    rows = spectra.with_bounds(mixed.spectra)
    conv, head = rows[rows["kind"] == "conv"], rows[rows["kind"] == "linear"]
    assert (conv["largest_operator_norm"] == 2 * conv["sigma_max"]).all()
    assert (head["largest_operator_norm"] == head["sigma_max"]).all()
