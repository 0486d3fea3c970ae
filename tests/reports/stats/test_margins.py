import math

import numpy as np
import pandas as pd
import pytest

from reports.stats.equivalence import MARGIN
from reports.stats.margins import Margin, margin_asked
from runners.errors import UserProblem


@pytest.fixture
def score(mixed):
    return mixed.score_columns[0]


@pytest.mark.parametrize(
    ("text", "margin"),
    [
        (None, Margin(MARGIN, True)),
        ("10%", Margin(0.1, True)),
        ("FID=10%", Margin(0.1, True)),
        ("fid = 12.5 %", Margin(0.125, True)),
        ("fid=.5", Margin(0.5, False)),
        ("0", Margin(0.0, False)),
    ],
)
def test_forms(score, text, margin):
    assert margin_asked(text, score) == margin


@pytest.mark.parametrize("text", ["ten", "FID=", "=5", "-1", "10%%", "FID=10% IS=5%", "nan", "1e3"])
def test_what_is_no_margin(score, text):
    with pytest.raises(UserProblem, match=r"--margin: .* is no margin; write 10%"):
        margin_asked(text, score)


def test_another_score_than_the_one_compared_by(score):
    with pytest.raises(
        UserProblem, match=r"for IS, .* by FID; .*--metric, or write --margin FID=5%"
    ):
        margin_asked("IS=5%", score)


def test_a_share_is_of_the_older_median():
    old = np.array([1.0, 2.0, 9.0])
    assert Margin(0.1).of(old) == pytest.approx(0.2)
    assert Margin(0.1).of(-old) == pytest.approx(0.2)  # a score of which higher is better
    assert Margin(0.5, relative=False).of(old) == 0.5
    assert Margin(0.1).of(np.array([1.0, math.inf, math.inf])) == 0
    assert Margin(0.1).of(np.array([])) == 0


def test_it_is_added_to_each_score_on_the_side_that_is_worse():
    old = pd.Series([10.0, -10.0, math.inf])  # of a score of which higher is better, costs are < 0
    assert Margin(0.1).added(old).tolist() == [11.0, -9.0, math.inf]
    assert Margin(0.5, relative=False).added(old).tolist() == [10.5, -9.5, math.inf]


def test_what_diverged_is_not_alike():
    old = np.array([1.0, 2.0, 9.0])
    assert Margin(0.1).alike(old, old) == pytest.approx(0.2)
    assert math.isnan(Margin(0.1).alike(np.array([math.inf]), old))


def test_in_words():
    assert [str(Margin(0.125)), str(Margin(0.5, relative=False))] == [
        "12.5% of the older score", "0.500"
    ]  # fmt: skip
