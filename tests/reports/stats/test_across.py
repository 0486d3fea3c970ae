"""One grid against an older one: false alarms, power, the margin, and what is no pair."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from reports.stats.across import NEW, NO_RESULT, OLD, REGRESSION, SAME, across, compared, families
from reports.stats.comparisons import BETTER, EQUIVALENT, OPEN, WORSE
from reports.stats.margins import Margin
from reports.stats.power import MANN_WHITNEY, SIGN_FLIP
from runners.store.states import State

MIDDLE = 10.0
NO_MARGIN, USUAL = Margin(0.0), Margin()


def store(values, unpaired: object = ""):
    """Rows of drawn costs of (comparisons, sides, seeds), and their matches."""
    matches, _, n = values.shape
    scores = pd.concat(
        pd.DataFrame({
            "cell": str(place), "seed": range(n), "metric": "fid", "cost": costs,
            "method": pd.Categorical([side] * n, [NEW, OLD], ordered=True),
            "final": np.where(np.isinf(costs), np.nan, costs),
        })
        for place, both in enumerate(values)
        for side, costs in zip((NEW, OLD), both, strict=True)
    )  # fmt: skip
    found = pd.DataFrame({"apart": "", "unpaired": unpaired}, index=[*map(str, range(matches))])
    return scores, found


def drawn(rng, matches, n, correlation=0.0, worse=0.0):
    """Draw (comparisons, sides, seeds) around MIDDLE, the newer side of the first one worse."""
    root = np.linalg.cholesky([[1, correlation], [correlation, 1]])
    values = MIDDLE + root @ rng.normal(size=(matches, 2, n))
    values[0, 0] += worse
    return values


def told(values, margin=NO_MARGIN, unpaired=""):
    scores, found = store(values, unpaired)
    return compared(scores, families(scores, found, 1), margin)


def sure(new, old, n=10, spread=0.1):
    noise = spread * np.random.default_rng(0).normal(size=(2, n))
    return (np.array([[new], [old]]) + noise)[None]


def outcome(values, margin=USUAL):
    return told(values, margin)["outcome"].iloc[0]


def test_what_is_worse_by_more_than_the_margin_is_a_regression():
    assert outcome(sure(13, 10)) == REGRESSION


def test_what_is_surely_worse_within_the_margin_is_none():
    row = told(sure(11, 10), Margin()).iloc[0]
    assert row["p_holm"] <= 0.05
    assert row["outcome"] == WORSE
    assert row["p_beyond"] == 1
    assert outcome(sure(11, 10), Margin(0.05)) == REGRESSION
    assert outcome(sure(11, 10), Margin(1.5, relative=False)) == WORSE


def test_what_is_better_alike_or_open():
    assert outcome(sure(7, 10)) == BETTER
    assert outcome(sure(10, 10)) == EQUIVALENT
    assert outcome(sure(10, 10, spread=9)) == OPEN


def test_the_same_scores_are_called_so_and_need_no_test():
    values = sure(10, 10, n=2)
    values[:, 0] = values[:, 1]
    assert outcome(values) == SAME


def test_runs_that_diverge_are_worse_whatever_the_margin():
    values = sure(10, 10, n=6)
    values[0, 0] = math.inf
    assert outcome(values, Margin(100.0)) == REGRESSION
    values[0, 1] = math.inf  # both: nothing became worse
    assert outcome(values) == SAME


def test_pairs_and_others_count_among_the_tests_of_both():
    values = np.concatenate([sure(13, 10, n=6)] * 2)
    scores, found = store(values, ["", "imported runs carry no proof"])
    paired, unpaired = families(scores, found, 1)
    assert (paired.cells, paired.tests, unpaired.cells, unpaired.tests) == (("0",), 2, ("1",), 2)
    assert (paired.paired, unpaired.paired) == (True, False)
    assert unpaired.test == MANN_WHITNEY
    assert told(sure(13, 10, n=6))["test"].iloc[0] == SIGN_FLIP
    assert told(sure(13, 10, n=6), unpaired="imported")["n_pairs"].iloc[0] == 0


def test_too_few_seeds_can_tell_nothing():
    row = told(sure(30, 10, n=3)).iloc[0]
    assert (row["outcome"], row["can_tell"]) == (OPEN, False)
    assert math.isinf(row["found"])


def test_a_grid_against_itself(mixed):
    found = across(mixed, mixed, USUAL)
    assert found["outcome"].tolist() == [SAME] * 5
    assert (found["new_median"] == found["old_median"]).all()
    assert found["n_first"].tolist() == [3, 2, 3, 3, 1]  # diverged runs rank, crashed ones do not


def test_scores_of_two_protocols_are_not_compared(mixed):
    other = dataclasses.replace(mixed, scores=mixed.scores.assign(protocol="a/ref-train-9/gen-9"))
    found = across(other, mixed, USUAL)
    assert (found["outcome"] == "").all()
    assert found["apart"].str.startswith("scored under different protocols").all()


def test_what_has_no_result_is_not_compared(mixed):
    states = mixed.runs["state"].mask(mixed.runs["method"] == "none", State.CRASHED)
    found = across(dataclasses.replace(mixed, runs=mixed.runs.assign(state=states)), mixed, USUAL)
    assert found["apart"].tolist() == [NO_RESULT, "", "", "", ""]
    assert found["outcome"].tolist() == ["", *[SAME] * 4]


def test_a_chosen_score_counts_every_score_there_was(mixed):
    first = mixed.score_columns[1].column
    chosen = dataclasses.replace(mixed, columns=dataclasses.replace(mixed.columns, first=first))
    p = [across(new, mixed, USUAL)["p_equivalence"].iloc[2] for new in (mixed, chosen)]
    assert p == [5 / 8, 1.0]  # Holm over five comparisons, by one score and by two


CASES = [
    (1, 6, 0.0, ""), (1, 6, -0.5, ""), (3, 6, 0.5, ""), (3, 10, 0.5, ""), (3, 6, 0.5, "imported"),
]  # fmt: skip


def alarms(case, margin, pairs):
    """Return the share of pairs of stores, every score worse by just the margin, with an alarm."""
    (matches, n, correlation, unpaired), false = case, 0
    rng = np.random.default_rng(2)
    for _ in range(pairs):
        values = drawn(rng, matches, n, correlation)
        values[:, 0] += margin * MIDDLE
        false += (told(values, Margin(margin), unpaired)["outcome"] == REGRESSION).any()
    return false / pairs


def found_again(case, repetitions):
    """Return the share of repetitions that find the regression that one of them states."""
    (matches, n, correlation, unpaired), found = case, 0
    rng = np.random.default_rng(3)
    for _ in range(repetitions):
        first = told(drawn(rng, matches, n, correlation), USUAL, unpaired)
        fresh = drawn(rng, matches, n, correlation, worse=first["found"].iloc[0])
        found += told(fresh, USUAL, unpaired)["outcome"].iloc[0] == REGRESSION
    return found / repetitions


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("margin", [0.0, 0.1])
def test_stores_at_the_margin_rarely_raise_an_alarm(case, margin):
    assert alarms(case, margin, 500) <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 500)


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_the_stated_regression_is_found_in_four_of_five_repetitions(case):
    assert found_again(case, 400) >= 0.75  # and more where Holm is done with others


@pytest.mark.slow
def test_five_hundred_stores_of_one_method_rarely_raise_an_alarm():
    assert alarms(CASES[0], 0.1, 500) <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 500)


@pytest.mark.slow
def test_the_stated_regression_of_one_method_is_found_about_as_often():
    assert found_again(CASES[0], 150) >= 0.66  # two standard errors below .75
