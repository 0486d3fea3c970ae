import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from reports.load.loader import load
from reports.stats import comparisons
from reports.stats.run_scores import run_scores


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_probability_of_improvement_is_mann_whitney_u(rng):
    x, y = rng.normal(size=5), rng.normal(size=7)
    u = scipy_stats.mannwhitneyu(y, x).statistic  # pairs in which y is larger, hence x better
    assert comparisons.probability_of_improvement(x, y) == pytest.approx(u / 35)


def test_two_failures_are_a_tie():
    failed, mixed = np.array([math.inf]), np.array([math.inf, 1.0])
    assert comparisons.probability_of_improvement(failed, mixed) == 0.25


def test_p_against_scipy_and_with_ties(rng):
    x, y = rng.normal(size=4), rng.normal(size=4) + 1
    expected = scipy_stats.mannwhitneyu(x, y, method="exact").pvalue
    assert comparisons.mann_whitney_p(x, y, rng) == pytest.approx(expected)
    assert comparisons.mann_whitney_p(np.ones(3), np.ones(3), rng) == 1
    assert comparisons.mann_whitney_p(np.ones(1), np.ones(1), rng) == 1


def test_holm_by_hand():
    adjusted = comparisons.holm([0.01, 0.04, 0.03, 0.005])
    assert adjusted == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert comparisons.holm([]) == []


def test_pairs_of_the_grid(mixed, rng):
    pairs = comparisons.pairwise(run_scores(mixed), rng)
    assert len(pairs) == 20, "10 pairs for each of two scores"
    control = comparisons.against_control(pairs)
    row = control[(control["first"] == "spectral_norm") & (control["metric"] == "fid")].iloc[0]
    assert (row["n_first"], row["n_second"], row["n_pairs"]) == (3, 3, 2)
    assert row["probability_first_better"] == 1
    assert row["p"] == pytest.approx(0.1)
    assert row["p_holm"] == 1


def test_paired_differences_are_method_minus_control(mixed, rng):
    scores = run_scores(mixed)
    control = comparisons.against_control(comparisons.pairwise(scores, rng))
    row = control[(control["first"] == "gradient_penalty") & (control["metric"] == "fid")].iloc[0]
    final = scores[scores["metric"] == "fid"].set_index(["method", "seed"])["final"]
    expected = [final["gradient_penalty", s] - final["none", s] for s in (0, 2)]
    assert row["difference_median"] == pytest.approx(np.median(expected))
    assert row["difference_min"] == pytest.approx(min(expected))
    assert row["difference_max"] == pytest.approx(max(expected))


def test_the_control_may_stand_anywhere_in_the_plan(write_grid, make_spec, rng):
    folder = write_grid([make_spec(m, s) for m in ("weight_norm", "none") for s in range(2)])
    control = comparisons.against_control(comparisons.pairwise(run_scores(load(folder)), rng))
    assert set(control["first"]) == {"weight_norm"}
    assert (control[control["metric"] == "fid"]["difference_median"] < 0).all()
