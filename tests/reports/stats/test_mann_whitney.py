import math
from itertools import combinations

import numpy as np
import pytest
from scipy import stats as scipy_stats

from reports.stats import mann_whitney
from reports.stats.mann_whitney import (
    improvements,
    mann_whitney_p,
    probability_of_improvement,
)


def by_hand(x, y):
    """All ways to deal the runs to two groups, with scipy's ranks."""
    ranks = scipy_stats.rankdata([*x, *y])
    sums = np.array([sum(chosen) for chosen in combinations(ranks, len(x))])
    middle = sums.mean()
    return (np.abs(sums - middle) >= abs(ranks[: len(x)].sum() - middle) - 1e-9).mean()


def test_probability_of_improvement_is_mann_whitney_u():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=5), rng.normal(size=7)
    u = scipy_stats.mannwhitneyu(y, x).statistic  # pairs in which y is larger, hence x better
    assert probability_of_improvement(x, y) == pytest.approx(u / 35)


def test_two_failures_are_a_tie():
    failed, mixed = np.array([math.inf]), np.array([math.inf, 1.0])
    assert probability_of_improvement(failed, mixed) == 0.25


@pytest.mark.parametrize(("n", "m"), [(1, 1), (4, 4), (6, 6), (5, 8), (10, 10), (30, 25)])
def test_p_is_scipys_exact_p(n, m):
    rng = np.random.default_rng(n)
    x, y = rng.normal(size=n), rng.normal(size=m) + 0.7
    expected = scipy_stats.mannwhitneyu(x, y, method="exact").pvalue
    assert mann_whitney_p(x, y) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([1, 1, 1], [1, 1, 1]),
        ([1.0], [1.0]),
        ([1, 2, 2, 5], [2, 3, 5, 5, 6]),
        ([1, 2, 3, 4], [math.inf, math.inf, 5, 6]),
        ([math.inf, 1, 1], [math.inf, 2, 2, 2]),
    ],
)
def test_ties_and_failures_by_counting_every_deal(x, y):
    assert mann_whitney_p(np.array(x, float), np.array(y, float)) == pytest.approx(by_hand(x, y))


def test_of_many_runs_the_normal_limit_is_close_to_counting(monkeypatch):
    rng = np.random.default_rng(1)
    for shift in (0.0, 0.1, 0.15):
        x, y = rng.normal(size=90), rng.normal(size=110) + shift
        y[0] = math.inf
        counted = mann_whitney_p(x, y)
        with monkeypatch.context() as patch:
            patch.setattr(mann_whitney, "EXACT", 100)
            assert mann_whitney_p(x, y) == pytest.approx(counted, rel=0.1)


def test_the_counts_of_many_pairs_are_close_to_the_normal_limit(monkeypatch):
    counted = improvements(60, 70)
    monkeypatch.setattr(mann_whitney, "EXACT", 100)
    limit = improvements(60, 70)
    assert limit.shape == counted.shape == (60 * 70 + 1,)
    assert limit.sum() == pytest.approx(1)
    assert np.cumsum(limit) == pytest.approx(np.cumsum(counted), abs=1e-3)
