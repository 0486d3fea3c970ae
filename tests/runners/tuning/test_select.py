"""What a trial costs and which one wins."""

from __future__ import annotations

import math

import pytest

from runners.tuning.select import run_cost, trial_cost, winner


@pytest.mark.parametrize(
    ("score", "lower", "cost"),
    [(2.5, True, 2.5), (2.5, False, -2.5), (None, False, math.inf), (math.nan, False, math.inf),
     (-math.inf, True, math.inf)],
)  # fmt: skip
def test_the_cost_of_a_run(score, lower, cost) -> None:
    assert run_cost(score, lower) == cost


def test_a_trial_with_a_failed_run_ranks_worst() -> None:
    assert trial_cost([1.0, 4.0]) == 2.5
    assert trial_cost([1.0, math.inf]) == math.inf
    assert trial_cost([1.0, math.nan]) == math.inf


def test_the_lowest_cost_wins_and_of_equals_the_earliest() -> None:
    assert winner({2: 1.0, 1: 1.0, 0: 3.0}) == 1
    assert winner({1: math.inf, 0: math.inf}) == 0
