import math

import numpy as np
import pandas as pd
import pytest

from reports.stats.comparisons import BETTER, pairwise
from reports.stats.detectable import critical_count, detectable
from reports.stats.mann_whitney import mann_whitney_p
from reports.stats.power import Family, declare
from reports.stats.sign_flips import sign_flip_p


def store(drawn_scores, rng, cells, n, correlation, planted=0.0):
    """Two methods in each cell; the second is better by what is planted, in the first cell."""
    frames = []
    for cell in range(cells):
        shared = math.sqrt(correlation) * rng.normal(size=n)
        values = 50 + 3 * (shared + math.sqrt(1 - correlation) * rng.normal(size=(2, n)))
        values[1] -= planted * (cell == 0)
        frames.append(drawn_scores(values, f"cell {cell}"))
    return pd.concat(frames)


def found_again(drawn_scores, cells, n, correlation, repeats):
    """How often a store's stated difference is found in a fresh store that has it."""
    rng, found = np.random.default_rng(0), 0
    for _ in range(repeats):
        first = store(drawn_scores, rng, cells, n, correlation)
        family = declare(first, "fid")
        stated = pairwise(first, family, rng)["detectable"].iloc[0]
        fresh = store(drawn_scores, rng, cells, n, correlation, planted=stated)
        found += pairwise(fresh, family, rng)["outcome"].iloc[0] == BETTER
    return found / repeats


@pytest.mark.slow
def test_the_stated_difference_is_found_in_four_of_five_repetitions(drawn_scores):
    assert found_again(drawn_scores, 1, 6, 0.5, 400) == pytest.approx(0.8, abs=0.05)


@pytest.mark.long
@pytest.mark.parametrize("cells", [1, 10])
@pytest.mark.parametrize(("n", "correlation"), [(6, 0.0), (6, 0.5), (10, 0.0), (10, 0.5)])
def test_it_is_found_by_either_test_and_under_holm(drawn_scores, cells, n, correlation):
    """Of ten pairs at six seeds Mann-Whitney carries the claims, else the sign flips."""
    assert found_again(drawn_scores, cells, n, correlation, 500) == pytest.approx(0.8, abs=0.05)


def rejects(test, x, y, level):
    p = sign_flip_p(x - y) if test == "sign-flip" else mann_whitney_p(x, y)
    return p <= level


@pytest.mark.parametrize("test", ["sign-flip", "Mann-Whitney"])
def test_the_order_statistic_is_where_the_test_begins_to_reject(test):
    rng, level = np.random.default_rng(3), 0.01
    for _ in range(20):
        x, y = rng.normal(size=(2, 9))
        if test == "sign-flip":
            d = x - y
            moved = np.sort([(d[i] + d[j]) / 2 for i in range(9) for j in range(i, 9)])
            needed = critical_count([9], level)
        else:
            moved = np.sort((x[:, None] - y[None, :]).ravel())
            needed = critical_count([9, 9], level)
        assert needed is not None
        shift = moved[needed - 1]  # moves x below y
        assert rejects(test, x - shift - 1e-9, y, level)
        assert not rejects(test, x - shift + 1e-9, y, level)


def test_it_grows_with_the_spread_and_the_family():
    x, y = np.random.default_rng(0).normal(size=(2, 12))

    def found(scale, size):
        family = Family("fid", ("",), size, 12)
        assert family.test == "sign-flip"
        rng = np.random.default_rng(1)
        return detectable(scale * x, scale * y, scale * (x - y), family, rng)

    assert found(10, 1) == pytest.approx(10 * found(1, 1))
    assert found(1, 10) > found(1, 1) > 0


def test_what_no_spread_or_no_size_can_answer():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 3))
    assert math.isinf(detectable(x, y, x - y, Family("fid", ("",), 10, 3), rng))
    one = Family("fid", ("",), 1, 6)
    assert math.isnan(detectable(x[:2], y[:2], (x - y)[:2], one, rng))
    x = np.array([math.inf, 1, 2, 3, 4, 5])
    assert math.isnan(detectable(x, x, np.zeros(6), one, rng))


@pytest.mark.parametrize("shared", [0, 150])
def test_of_many_runs_the_stated_difference_is_found_in_four_of_five_repetitions(shared):
    """Without shared seeds Mann-Whitney carries the claims, else the sign flips."""
    rng, family, n = np.random.default_rng(0), Family("fid", ("",), 3, shared), 150
    found = 0
    for _ in range(400):
        x, y = 3 * rng.normal(size=(2, n))
        stated = detectable(x, y, x - y, family, rng)
        x, y = 3 * rng.normal(size=(2, n))
        found += rejects(family.test, x + stated, y, 0.05 / 3)
    assert found / 400 == pytest.approx(0.8, abs=0.06)
