import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from reports import inference, stats
from reports.frame import load
from runners.store.states import State


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_probability_of_improvement_is_mann_whitney_u(rng):
    x, y = rng.normal(size=5), rng.normal(size=7)
    u = scipy_stats.mannwhitneyu(y, x).statistic  # pairs in which y is larger, hence x better
    assert inference.probability_of_improvement(x, y) == pytest.approx(u / 35)


def test_two_failures_are_a_tie():
    failed, mixed = np.array([math.inf]), np.array([math.inf, 1.0])
    assert inference.probability_of_improvement(failed, mixed) == 0.25


def test_p_against_scipy_and_with_ties(rng):
    x, y = rng.normal(size=4), rng.normal(size=4) + 1
    expected = scipy_stats.mannwhitneyu(x, y, method="exact").pvalue
    assert inference.mann_whitney_p(x, y, rng) == pytest.approx(expected)
    assert inference.mann_whitney_p(np.ones(3), np.ones(3), rng) == 1
    assert inference.mann_whitney_p(np.ones(1), np.ones(1), rng) == 1


def test_holm_by_hand():
    adjusted = inference.holm([0.01, 0.04, 0.03, 0.005])
    assert adjusted == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert inference.holm([]) == []


@pytest.mark.parametrize(("n", "p"), [(1, 1), (3, 0.1), (5, 0.0079), (6, 0.0022), (8, 0.0002)])
def test_smallest_p_is_what_scipy_gives_complete_separation(n, p):
    low, high = np.arange(n, dtype=float), np.arange(n) + 100.0
    exact = scipy_stats.mannwhitneyu(low, high, method="exact").pvalue
    assert inference.smallest_p(n) == pytest.approx(exact)
    assert inference.smallest_p(n) == pytest.approx(p, abs=5e-5)


def test_five_methods_need_six_seeds():
    assert inference.seeds_needed(10) == 6
    assert inference.seeds_needed(1) == 4


def test_iqm_interval_needs_four_seeds_and_survives_constant_data(rng):
    assert inference.iqm_interval([1.0, 2.0, 3.0], rng) is None
    assert inference.iqm_interval([2.0] * 5, rng) == (2.0, 2.0)
    values = [1.0, 2.0, 3.0, 40.0]
    low, high = inference.iqm_interval(values, rng) or (math.nan, math.nan)
    assert 1 <= low <= inference.iqm(values) == 2.5 <= high <= 40


def test_iqm_interval_repeats_with_its_generator():
    values = [1.0, 4.0, 2.0, 8.0, 5.0]
    first, second = (inference.iqm_interval(values, np.random.default_rng(3)) for _ in range(2))
    assert first == second


def test_pairs_of_the_grid(mixed, rng):
    pairs = inference.pairwise(stats.run_scores(mixed), rng)
    assert len(pairs) == 20, "10 pairs for each of two scores"
    control = inference.against_control(pairs)
    row = control[(control["first"] == "spectral_norm") & (control["metric"] == "fid")].iloc[0]
    assert (row["n_first"], row["n_second"], row["n_pairs"]) == (3, 3, 2)
    assert row["probability_first_better"] == 1
    assert row["p"] == pytest.approx(0.1)
    assert row["p_holm"] == 1


def test_paired_differences_are_method_minus_control(mixed, rng):
    scores = stats.run_scores(mixed)
    control = inference.against_control(inference.pairwise(scores, rng))
    row = control[(control["first"] == "gradient_penalty") & (control["metric"] == "fid")].iloc[0]
    final = scores[scores["metric"] == "fid"].set_index(["method", "seed"])["final"]
    expected = [final["gradient_penalty", s] - final["none", s] for s in (0, 2)]
    assert row["difference_median"] == pytest.approx(np.median(expected))
    assert row["difference_min"] == pytest.approx(min(expected))
    assert row["difference_max"] == pytest.approx(max(expected))


def test_the_control_may_stand_anywhere_in_the_plan(write_grid, make_spec, rng):
    folder = write_grid([make_spec(m, s) for m in ("weight_norm", "none") for s in range(2)])
    control = inference.against_control(inference.pairwise(stats.run_scores(load(folder)), rng))
    assert set(control["first"]) == {"weight_norm"}
    assert (control[control["metric"] == "fid"]["difference_median"] < 0).all()


def honesty_of(folder):
    results = load(folder)
    power = inference.power(results.runs, stats.run_scores(results))
    return [inference.honesty(row) for row in power.itertuples()]


def test_three_seeds_cannot_reject_and_say_so(write_grid, make_spec):
    folder = write_grid([make_spec(m, s) for m in ("none", "weight_norm") for s in range(3)])
    (note,) = honesty_of(folder)
    assert "n = 3 seeds a method, 1 pair of methods" in note
    assert "p is 0.1" in note
    assert "No difference can be significant" in note
    assert "at least 4 seeds" in note


def test_four_seeds_of_two_methods_can_reject(write_grid, make_spec):
    states = {("none", 0): State.DIVERGED}  # a diverged run is a result
    specs = [make_spec(m, s) for m in ("none", "weight_norm") for s in range(4)]
    (note,) = honesty_of(write_grid(specs, states=states))
    assert "A difference can be significant at .05" in note


def test_one_method_is_not_compared(write_grid, make_spec):
    (note,) = honesty_of(write_grid([make_spec("none", 0)]))
    assert "nothing is compared" in note
