from itertools import permutations, product

import numpy as np
import pytest
from scipy.stats import friedmanchisquare

from reports.stats.within_seeds import alike_p, alike_p_of


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_share_of_all_deals_that_lie_as_far_apart(seed):
    costs = np.random.default_rng(seed).normal(size=(3, 4))
    costs[0] -= 0.8
    deals = [
        friedmanchisquare(*np.array(columns).T).statistic
        for columns in product(*(list(permutations(costs[:, n])) for n in range(4)))
    ]
    far = friedmanchisquare(*costs).statistic
    exact = np.mean(np.array(deals) >= far - 1e-9)
    assert alike_p(costs, rng()) == pytest.approx(exact, abs=0.015)


def test_one_order_in_every_seed_is_as_far_as_it_goes():
    costs = np.arange(5.0)[:, None] + 10 * np.arange(6.0)
    assert alike_p(costs, rng()) == 1 / 10000


def test_failed_runs_tie_and_rank_last():
    costs = np.array([[1.0] * 6, [2.0] * 6, [np.inf] * 6, [np.inf] * 6])
    assert alike_p(costs, rng()) < 0.01
    assert alike_p(np.full((4, 6), np.inf), rng()) == 1


def test_copies_whose_scores_oppose_each_other_are_alike_as_often_as_it_says():
    covariance = np.full((3, 3), -0.4999) + np.eye(3) * 1.4999
    root, draw = np.linalg.cholesky(covariance), np.random.default_rng(1)
    found = [alike_p(root @ draw.normal(size=(3, 6)), draw) <= 0.05 for _ in range(300)]
    assert np.mean(found) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 300)


def test_seeds_that_a_method_lacks_are_left_out(drawn_scores):
    scores = drawn_scores(np.arange(12.0).reshape(3, 4))
    fewer = scores.drop(index=0)
    assert alike_p_of(fewer, rng()) == alike_p(np.arange(12.0).reshape(3, 4)[:, 1:], rng())
    assert alike_p_of(scores[scores["seed"] == scores["method"].cat.codes], rng()) == 1
