import numpy as np
import pytest
from scipy import stats as scipy_stats

from reports.load.loader import load
from reports.page.wording import honesty
from reports.stats import power as powers
from reports.stats.run_scores import run_scores
from runners.store.states import State


@pytest.mark.parametrize(("n", "p"), [(1, 1), (3, 0.1), (5, 0.0079), (6, 0.0022), (8, 0.0002)])
def test_smallest_p_is_what_scipy_gives_complete_separation(n, p):
    low, high = np.arange(n, dtype=float), np.arange(n) + 100.0
    exact = scipy_stats.mannwhitneyu(low, high, method="exact").pvalue
    assert powers.smallest_p(n) == pytest.approx(exact)
    assert powers.smallest_p(n) == pytest.approx(p, abs=5e-5)


def test_five_methods_need_six_seeds():
    assert powers.seeds_needed(10) == 6
    assert powers.seeds_needed(1) == 4


def honesty_of(folder):
    results = load(folder)
    power = powers.power(results.runs, run_scores(results))
    return [honesty(row) for row in power.itertuples()]


def test_three_seeds_cannot_reject_and_say_so(write_grid, make_spec):
    folder = write_grid([make_spec(m, s) for m in ("none", "weight_norm") for s in range(3)])
    (note,) = honesty_of(folder)
    assert "n = 3 seeds per method, 1 pair of methods" in note
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
