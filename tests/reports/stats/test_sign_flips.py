import math
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy import stats as scipy_stats

from reports.stats import sign_flips


def by_hand(differences):
    """All 2^n flips in full, with scipy's ranks."""
    ranks = scipy_stats.rankdata(np.abs(differences))
    observed = (np.sign(differences) * ranks).sum()
    sizes = ranks[np.asarray(differences) != 0]
    sums = np.array([np.dot(signs, sizes) for signs in product([-1, 1], repeat=len(sizes))])
    return (np.abs(sums) >= abs(observed) - 1e-9).mean(), (sums <= observed + 1e-9).mean()


@pytest.mark.parametrize("n", [1, 2, 5, 6, 10, 16, 40])
def test_p_is_scipys_exact_signed_rank_p(n):
    differences = np.random.default_rng(n).normal(0.3, 1, n)
    expected: Any = scipy_stats.wilcoxon(differences, method="exact")
    assert sign_flips.sign_flip_p(differences) == pytest.approx(expected.pvalue)
    lower: Any = scipy_stats.wilcoxon(differences, method="exact", alternative="less")
    assert sign_flips.lower_p(differences) == pytest.approx(lower.pvalue)


@pytest.mark.parametrize(
    "differences",
    [
        [1, 1, -2, 3, 3],
        [0, 0, 1, 2, -1, 4],
        [math.inf, -1, 2, -3, math.inf],
        [-math.inf, 0, 0.5, 0.5, 7],
        [0, 0, 0],
    ],
)
def test_ties_zeros_and_failures_by_counting_every_flip(differences):
    differences = np.array(differences, float)
    two_sided, lower = by_hand(differences)
    assert sign_flips.sign_flip_p(differences) == pytest.approx(two_sided)
    assert sign_flips.lower_p(differences) == pytest.approx(lower)


def test_a_diverged_run_is_worse_than_any_score():
    x, y = np.array([math.inf, 1, 1, 1, 1, 1]), np.array([1e9, 2, 2, 2, 2, 2])
    one_failed = sign_flips.sign_flip_p(sign_flips.differences(x, y))
    far_off = sign_flips.sign_flip_p(np.array([1e12, -1, -1, -1, -1, -1.0]))
    assert one_failed == far_off == pytest.approx(by_hand([6, -3, -3, -3, -3, -3])[0])
    assert sign_flips.differences(np.array([math.inf]), np.array([math.inf])).tolist() == [0]


def test_no_shared_seed_says_nothing():
    assert sign_flips.sign_flip_p(np.array([])) == 1
