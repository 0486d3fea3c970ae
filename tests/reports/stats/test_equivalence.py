import math

import numpy as np
import pytest

from reports.stats.equivalence import MARGIN, equivalence_p, margin, smallest_equivalence_p
from reports.stats.sign_flips import lower_p

LAWS = {
    "normal": lambda rng, size: rng.normal(size=size),
    "t3": lambda rng, size: rng.standard_t(3, size=size),
}


def alike(x, y):
    return equivalence_p(x - y, margin(x, y)) <= 0.05


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("n", [6, 10])
@pytest.mark.parametrize("spread", [0.2, 1.0])
def test_methods_at_the_margin_are_called_alike_in_at_most_one_of_twenty(law, n, spread):
    rng = np.random.default_rng(n)
    apart = 2 * MARGIN / (2 - MARGIN) * 10  # MARGIN times the middle of 10 and 10 + apart
    found = 0
    for _ in range(1500):
        both = 10 + spread * LAWS[law](rng, (2, n))
        found += alike(both[0], both[1] + apart)
    assert found / 1500 <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 1500)


def test_the_same_method_twice_is_called_alike_where_seeds_are_enough():
    rng = np.random.default_rng(0)
    found = [alike(*(10 + 0.5 * rng.normal(size=(2, 10)))) for _ in range(300)]
    assert np.mean(found) > 0.95


def test_p_is_the_larger_of_both_sides():
    differences = np.array([0.5, 1, -0.2, 0.9, 1.1, 0.4])
    assert equivalence_p(differences, 1.0) == lower_p(differences - 1.0)
    assert equivalence_p(-differences, 1.0) == equivalence_p(differences, 1.0)
    assert equivalence_p(differences, 100.0) == smallest_equivalence_p(6) == 1 / 64


def test_the_margin_is_a_share_of_the_median_of_both():
    assert margin(np.array([1, 2, 3.0]), np.array([3, 9, 11.0])) == pytest.approx(0.2 * 3)
    assert margin(-np.array([5.0, 6]), -np.array([5.0, 6])) == pytest.approx(0.2 * 5.5)


def test_a_diverged_run_is_alike_to_nothing():
    x, y = np.array([1.0, 1, math.inf]), np.ones(3)
    assert math.isnan(margin(x, y))
    assert math.isnan(equivalence_p(np.zeros(3), math.nan))
    assert math.isnan(equivalence_p(np.array([]), 1.0))
