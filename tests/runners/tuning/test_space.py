"""The points of a search space: nested, shared by methods, in their ranges, evenly spread."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from runners.tuning.space import Dimension, dimension, points

LR = Dimension("optimizer.lr", "log", (1e-4, 4e-3))
N_DIS = Dimension("n_dis", "choices", (1, 2))
SHARED = (LR, N_DIS)
C = Dimension("method.c", "log", (0.005, 0.5))
BETA = Dimension("optimizer.beta1", "linear", (0, 0.9))


@pytest.mark.parametrize("own", [(), (C,), (C, BETA)])
def test_fewer_trials_are_the_first_of_more_and_the_default_is_the_first(own) -> None:
    many = points((*SHARED, *own), 16)
    assert many[0] == {}
    assert points((*SHARED, *own), 8) == many[:8]
    assert all(list(point) == [dim.key for dim in (*SHARED, *own)] for point in many[1:])


def test_all_methods_visit_the_same_shared_settings() -> None:
    alone, more = points(SHARED, 16), points((*SHARED, C, BETA), 16)
    assert [{key: point[key] for key in ("optimizer.lr", "n_dis")} for point in more[1:]] == (
        list(alone[1:])
    )


def test_a_method_with_nothing_to_search_tries_its_default_again_and_again() -> None:
    assert points((), 3) == ({}, {}, {})


def test_values_of_a_log_range_are_log_uniform() -> None:
    drawn = [point["optimizer.lr"] for point in points((LR,), 513)[1:]]
    places = [math.log(value / 1e-4) / math.log(40) for value in drawn]
    assert stats.kstest(places, "uniform").pvalue > 0.99, "more even than random draws"
    assert stats.kstest(drawn, stats.uniform(1e-4, 39e-4).cdf).pvalue < 1e-6, "or any test passes"
    assert all(float(f"{value:.3g}") == value for value in drawn)


def test_values_of_a_linear_range_are_uniform_to_a_thousandth_of_its_width() -> None:
    drawn = [point["optimizer.beta1"] for point in points((BETA,), 513)[1:]]
    assert stats.kstest(drawn, stats.uniform(0, 0.9).cdf).pvalue > 0.99
    assert all(round(value, 3) == value for value in drawn)


def test_choices_come_equally_often() -> None:
    drawn = [point["n_dis"] for point in points(SHARED, 129)[1:]]
    assert 62 <= drawn.count(1) <= 66


@given(
    st.floats(1e-6, 1e6), st.floats(1.0001, 1e6), st.floats(0, 1, exclude_max=True),
    st.sampled_from(["log", "linear"]),
)  # fmt: skip
def test_no_value_leaves_its_range(low, ratio, place, kind) -> None:
    dim = Dimension("x", kind, (low, low * ratio))
    assert low <= dim.at(place) <= low * ratio
    assert dim.at(0.0) == pytest.approx(low, rel=0.005, abs=5e-3 * low * ratio)  # three digits


def test_ranges_as_wide_as_floats_go() -> None:
    assert 1e-10 < Dimension("x", "log", (1e-300, 1e300)).at(0.5) < 1e10
    assert Dimension("x", "linear", (-1.7e308, 1.7e308)).at(0.75) == pytest.approx(0.85e308)


def test_another_process_draws_the_same_points() -> None:
    code = (
        "from runners.tuning.space import *\n"
        "print(points((Dimension('a', 'log', (1e-4, 4e-3)), Dimension('b', 'choices', (1, 2))), 9))"
    )
    outputs = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
        for _ in range(2)
    }
    here = points((Dimension("a", "log", (1e-4, 4e-3)), Dimension("b", "choices", (1, 2))), 9)
    assert outputs == {f"{here}\n".encode()}


@pytest.mark.parametrize("dim", [LR, N_DIS, BETA, Dimension("loss", "choices", ("hinge", "w"))])
def test_a_dimension_is_read_as_it_is_written(dim) -> None:
    assert dimension(dim.key, dim.form) == dim


@pytest.mark.parametrize(
    "form",
    [3, [], {}, {"log": [0, 1]}, {"log": [2, 1]}, {"linear": [1]}, {"linear": [True, 2]},
     {"normal": [0, 1]}, {"log": [1, 2], "linear": [1, 2]}, {"log": ["a", "b"]}],
)  # fmt: skip
def test_what_is_no_dimension_is_refused(form) -> None:
    with pytest.raises(ValueError, match=r"x: .* is no list of choices and no range"):
        dimension("x", form)
