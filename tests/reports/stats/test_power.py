import dataclasses

import numpy as np
import pytest
from scipy import stats as scipy_stats

from reports.load.loader import load
from reports.page.wording import inference
from reports.stats import power as powers
from reports.stats.numbers import compute
from runners.store.states import State


@pytest.mark.parametrize(("n", "p"), [(1, 1), (3, 0.1), (5, 0.0079), (6, 0.0022), (8, 0.0002)])
def test_smallest_p_is_what_scipy_gives_complete_separation(n, p):
    low, high = np.arange(n, dtype=float), np.arange(n) + 100.0
    exact = scipy_stats.mannwhitneyu(low, high, method="exact").pvalue
    assert powers.smallest_mann_whitney_p(n) == pytest.approx(exact)
    assert powers.smallest_mann_whitney_p(n) == pytest.approx(p, abs=5e-5)


@pytest.mark.parametrize("n", [1, 3, 6, 10])
def test_smallest_flip_p_is_what_scipy_gives_one_sign(n):
    exact = scipy_stats.wilcoxon(np.arange(1.0, n + 1), method="exact")
    assert powers.smallest_flip_p(n) == pytest.approx(exact.pvalue)  # pyright: ignore


def test_five_methods_need_six_seeds():
    assert powers.seeds_needed(10) == 6
    assert powers.seeds_needed(1) == 4


def test_five_methods_need_nine_seeds_to_be_tested_in_pairs():
    assert powers.seeds_needed(10, powers.smallest_flip_p) == 9
    assert powers.seeds_needed(1, powers.smallest_flip_p) == 6


@pytest.mark.parametrize(
    ("size", "n", "test"),
    [
        (10, 8, "Mann-Whitney"),
        (10, 9, "sign-flip"),
        (3, 5, "Mann-Whitney"),
        (1, 5, "sign-flip"),
        (1, 6, "sign-flip"),
    ],
)
def test_the_plan_decides_the_test(size, n, test):
    assert powers.Family("fid", ("",), size, n).test == test


def test_the_scores_one_could_choose_among_change_the_correction_and_no_test():
    one, three = (powers.Family("fid", ("",), 10, 10, scores) for scores in (1, 3))
    assert one.test == three.test == "sign-flip"
    assert (one.tests, three.tests) == (10, 30)


def test_seeds_that_methods_do_not_share_cannot_be_paired(write_grid, make_spec):
    seeds = {"none": range(6), "spectral_norm": range(6, 12)}
    specs = [make_spec(method, s) for method, mine in seeds.items() for s in mine]
    numbers = compute(load(write_grid(specs)))
    assert numbers.family.n == 0
    assert numbers.family.test == "Mann-Whitney"
    assert set(numbers.pairs["n_pairs"]) == {0}
    assert set(numbers.pairs[numbers.pairs["claimed"]]["outcome"]) == {"better"}


def said_of(folder):
    results = load(folder)
    numbers = compute(results)
    return " ".join(inference(results, numbers.family, numbers.power))


def test_three_seeds_cannot_reject_and_say_so(write_grid, make_spec):
    folder = write_grid([make_spec(m, s) for m in ("none", "weight_norm") for s in range(3)])
    said = said_of(folder)
    assert "n = 3 seeds per method" in said
    assert "1 pair of methods" in said
    assert "p is 0.25" in said
    assert "No difference can be significant" in said
    assert "it cannot reach .05 (smallest p 0.25" in said
    assert "at least 6 seeds" in said


def test_five_seeds_of_three_methods_can_reject(write_grid, make_spec):
    states = {("none", 0): State.DIVERGED}  # a diverged run is a result
    methods = ("none", "weight_norm", "spectral_norm")
    specs = [make_spec(m, s) for m in methods for s in range(5)]
    said = said_of(write_grid(specs, states=states))
    assert "A difference can be significant at .05 if every run of one method beats" in said
    assert "that takes 7. Mann-Whitney ignores the pairing, so a claim also needs that" in said
    assert "With 5 shared seeds none can be; that takes 6." in said


def test_six_seeds_of_two_methods_are_tested_in_pairs(write_grid, make_spec):
    specs = [make_spec(m, s) for m in ("none", "weight_norm") for s in range(6)]
    said = said_of(write_grid(specs))
    assert "The exact sign-flip test of paired differences carries the claims" in said
    assert "smallest p 0.031, times 1 pair 0.031" in said
    assert "if one method beats the other in every seed" in said
    assert "level .05 over all of them by Holm's correction" in said


def test_a_run_that_gave_no_result_lowers_the_power(write_grid, make_spec):
    states = {("none", 0): State.CRASHED}
    specs = [make_spec(m, s) for m in ("none", "weight_norm") for s in range(6)]
    numbers = compute(load(write_grid(specs, states=states)))
    assert (numbers.family.n, numbers.power.n) == (6, 5)
    assert not numbers.power.can_reject


def test_one_method_is_not_compared(write_grid, make_spec):
    assert "nothing is compared" in said_of(write_grid([make_spec("none", 0)]))


def test_the_family_is_of_the_plan_and_not_of_the_results(mixed, numbers_of):
    family = numbers_of(mixed).family
    assert family == powers.Family("fid", ("",), 10, 3)
    assert powers.declare(mixed.runs.head(0), "fid").size == 0
    assert dataclasses.replace(family, n=9).test == "sign-flip"


def test_where_nothing_is_paired_mann_whitney_decides_by_the_runs_there_are(mixed):
    family = powers.declare(mixed.runs, "fid", paired=False)
    assert (family.test, family.n, family.size) == ("Mann-Whitney", 3, 10)
    assert powers.Family("fid", ("",), 1, 6, paired=False).test == "Mann-Whitney"
    assert powers.Family("fid", ("",), 1, 3, paired=False).seeds_needed == 4
    said = " ".join(inference(mixed, family, powers.Power(3, 0.1, 1.0)))
    assert "fixed when the runs were imported" in said
    assert "carries the claims, alone" in said
    assert "No two methods are said not to differ" in said
    assert "n = 3 runs per method" in said
    assert "sign-flip" not in said


def test_what_pairs_that_are_not_shown_decide_is_said_of_them(mixed):
    family = powers.declare(mixed.runs, "fid")
    few = dataclasses.replace(family, shown=1)
    said = [" ".join(inference(mixed, one, powers.Power(1, 1.0, 1.0))) for one in (family, few)]
    assert "in the pair with the fewest results. The" in said[0]
    assert "in the pair with the fewest results, shown or not. The" in said[1]
