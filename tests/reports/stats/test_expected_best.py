from itertools import combinations
from math import comb, inf, isinf

import numpy as np
import pandas as pd
import pytest

from reports.stats.expected_best import expected_best, expected_chosen


def over_all_subsets(costs, values, k):
    chosen = [min(subset, key=lambda i: costs[i]) for subset in combinations(range(len(costs)), k)]
    return sum(values[i] for i in chosen) / len(chosen)


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_it_is_the_mean_over_all_subsets(n):
    rng = np.random.default_rng(n)
    costs, values = rng.exponential(size=n), rng.normal(size=n)
    for k in range(1, n + 1):
        lowest = over_all_subsets(costs, costs, k)
        assert expected_chosen(costs, costs, k) == pytest.approx(lowest, rel=1e-12, abs=1e-12)
        of_chosen = over_all_subsets(costs, values, k)
        assert expected_chosen(costs, values, k) == pytest.approx(of_chosen, rel=1e-12, abs=1e-12)


def test_ties_choose_the_earlier_trial():
    costs, values = [2.0, 1.0, 1.0, 3.0], [10.0, 20.0, 30.0, 40.0]
    for k in range(1, 5):
        expected = over_all_subsets(costs, values, k)
        assert expected_chosen(costs, values, k) == pytest.approx(expected, abs=1e-12)


def test_weights_of_many_trials_add_up():
    costs = np.arange(3000.0)
    for k in (1, 2, 1500, 3000):
        assert expected_chosen(costs, np.ones(3000), k) == pytest.approx(1, rel=1e-9)
    assert expected_chosen(costs, costs, 1) == pytest.approx(1499.5)


def test_as_many_failures_as_trials_may_find_nothing():
    costs = [4.0, inf, 2.0, inf]
    assert isinf(expected_chosen(costs, costs, 1))
    assert isinf(expected_chosen(costs, costs, 2))
    assert expected_chosen(costs, costs, 3) == pytest.approx((2 * 2 + 4 * 0 + 2 + 4) / comb(4, 3))
    assert expected_chosen(costs, costs, 4) == 2.0


def test_the_frame_has_every_k_of_every_method():
    trials = pd.DataFrame({
        "method": ["a", "a", "a", "b", "b", "b"], "cost": [3.0, 1.0, 2.0, inf, 5.0, 4.0],
        "test_cost": [30.0, 10.0, 20.0, inf, 50.0, 40.0],
    })  # fmt: skip
    rows = expected_best(trials).set_index(["method", "k"])
    assert rows.loc[("a", 1), "cost"] == pytest.approx(2)
    assert rows.loc[("a", 3), "test_cost"] == pytest.approx(10)
    assert rows.loc[("b", 2), "cost"] == pytest.approx(13 / 3)
    assert rows["failed"].tolist() == [0, 0, 0, 1, 1, 1]
    assert isinf(rows.loc[("b", 1), "cost"])
