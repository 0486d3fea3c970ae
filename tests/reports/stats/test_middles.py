import math

import numpy as np
import pytest

from reports.load.loader import load
from reports.stats import middles
from reports.stats.numbers import compute
from runners.store.states import State

LAWS = {
    "normal": lambda rng, size: rng.normal(size=size),
    "lognormal": lambda rng, size: np.exp(rng.normal(size=size)),
    "t3": lambda rng, size: rng.standard_t(3, size=size),
}
MEDIANS = {"normal": 0.0, "lognormal": 1.0, "t3": 0.0}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(("n", "stated"), [(6, 0.97), (10, 0.98)])
def test_the_interval_covers_what_is_stated(law, n, stated):
    drawn = LAWS[law](np.random.default_rng(n), (1000, n))
    ends = np.array([middles.median_interval(one) for one in drawn])
    covered = (ends[:, 0] <= MEDIANS[law]) & (MEDIANS[law] <= ends[:, 1])
    assert covered.mean() == pytest.approx(stated, abs=0.017)


def test_the_interval_lies_between_runs_and_needs_six():
    assert middles.median_interval([4, 1, 2, 6, 5, 3.0]) == (1, 6)
    assert middles.median_interval(range(10)) == (1, 8)
    assert all(math.isnan(end) for end in middles.median_interval([1, 2, 3, 4, 5.0]))
    assert all(math.isnan(end) for end in middles.median_interval([]))
    assert middles.median_interval([2.0] * 7) == (2, 2)


def test_failures_are_worst_in_the_iqm():
    assert middles.iqm([1, 2, 3, 40.0]) == 2.5
    assert middles.iqm([1, 2, 3, math.inf]) == 2.5
    assert middles.iqm([1, 2, math.inf, math.inf]) == math.inf
    assert math.isnan(middles.iqm([1, 2, 3.0]))


@pytest.fixture(scope="module")
def two_diverged(write_grid, make_spec):
    states = {("none", 0): State.DIVERGED, ("none", 1): State.DIVERGED}
    return load(write_grid([make_spec("none", s) for s in range(6)], states=states))


def test_failures_are_worst_in_every_row(two_diverged):
    numbers = compute(two_diverged)
    for metric, end, best in (
        ("fid", "median_high", "median_low"),
        ("is", "median_low", "median_high"),
    ):
        row = numbers.middles[numbers.middles["metric"] == metric].iloc[0]
        finals = numbers.scores[numbers.scores["metric"] == metric]["final"].dropna()
        assert row["n_ranked"] == 6
        assert math.isinf(row["iqm"])  # of six, one is trimmed and the other is in the middle
        assert math.isinf(row[end])
        assert row[best] == (finals.min() if metric == "fid" else finals.max())
