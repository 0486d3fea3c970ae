import math

import numpy as np
import pandas as pd
import pytest

from reports.load.loader import load
from reports.stats import comparisons
from reports.stats.mann_whitney import mann_whitney_p
from reports.stats.power import Family, declare
from reports.stats.run_scores import run_scores


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def compared(rng):
    """Compare results by the first score."""
    return lambda results: comparisons.pairwise(
        run_scores(results), declare(results.runs, results.score_columns[0].column), rng
    )


def pick(pairs, **values):
    for column, value in values.items():
        pairs = pairs[pairs[column] == value]
    (row,) = pairs.to_dict("records")
    return row


def test_holm_by_hand():
    adjusted = comparisons.holm([0.01, 0.04, 0.03, 0.005])
    assert adjusted == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert comparisons.holm([]) == []


def test_holm_counts_the_comparisons_that_could_not_be_made():
    assert comparisons.holm([0.01, 0.004], size=10) == pytest.approx([0.09, 0.04])
    padded = comparisons.holm([0.01, 0.004, *[1.0] * 8])
    assert comparisons.holm([0.01, 0.004], size=10) == pytest.approx(padded[:2])


def test_pairs_of_the_grid(mixed, compared):
    pairs = compared(mixed)
    assert len(pairs) == 20, "10 pairs for each of two scores"
    row = pick(pairs, first="spectral_norm", second="none", metric="fid")
    assert (row["n_first"], row["n_second"], row["n_pairs"]) == (3, 3, 3)
    assert row["probability_first_better"] == 1
    assert row["p_mann_whitney"] == pytest.approx(0.1)
    assert row["p_flip"] == pytest.approx(0.25)
    assert row["p_holm"] == 1
    assert row["outcome"] == comparisons.OPEN


def test_only_the_first_score_is_claimed_of(mixed, compared):
    pairs = compared(mixed)
    assert set(pairs[pairs["claimed"]]["metric"]) == {"fid"}
    other = pairs[~pairs["claimed"]]
    assert set(other["metric"]) == {"is"}
    assert other["p_holm"].isna().all()
    assert set(other["outcome"]) == {""}
    assert other["p_mann_whitney"].between(0, 1).all()


def test_paired_differences_are_method_minus_control(mixed, compared):
    row = pick(compared(mixed), first="gradient_penalty", second="none", metric="fid")
    scores = run_scores(mixed)
    final = scores[scores["metric"] == "fid"].set_index(["method", "seed"])["final"]
    expected = [final["gradient_penalty", s] - final["none", s] for s in (0, 2)]
    assert row["difference_median"] == pytest.approx(np.median(expected))
    assert row["difference_min"] == pytest.approx(min(expected))
    assert row["difference_max"] == pytest.approx(max(expected))


@pytest.mark.parametrize("order", [("weight_norm", "none"), ("none", "weight_norm")])
def test_the_control_stands_second_wherever_the_plan_has_it(write_grid, make_spec, compared, order):
    pairs = compared(load(write_grid([make_spec(m, s) for m in order for s in range(2)])))
    assert set(pairs["first"]) == {"weight_norm"}
    assert (pairs[pairs["metric"] == "fid"]["difference_median"] < 0).all()


def test_seeds_are_paired_by_their_number(drawn_scores, rng):
    """The same noise in both methods: what differs is the small shift in every seed."""
    noise = rng.normal(50, 10, 10)
    scores = drawn_scores(np.stack([noise, noise + 0.5]))
    family = declare(scores, "fid")
    expected = pick(comparisons.pairwise(scores, family, rng))
    assert expected["outcome"] == comparisons.WORSE, "weight clipping, against none"
    assert expected["p_holm"] == expected["p_flip"] == pytest.approx(2 / 2**10)
    assert expected["p_mann_whitney"] > 0.5
    shuffled = pick(comparisons.pairwise(scores.sample(frac=1, random_state=1), family, rng))
    same = ("p_flip", "p_mann_whitney", "p_equivalence", "outcome", "difference_median")
    assert [shuffled[name] for name in same] == pytest.approx([expected[name] for name in same])


def test_mann_whitney_carries_where_flips_cannot(drawn_scores, rng):
    values = rng.normal(10, 1, (5, 6))
    values[2] -= 100
    scores = drawn_scores(values)
    pairs = comparisons.pairwise(scores, declare(scores, "fid"), rng)
    row = pick(pairs, first="gradient_penalty", second="none")
    assert row["outcome"] == comparisons.BETTER
    assert row["p_holm"] == pytest.approx(10 * 2 / math.comb(12, 6))
    assert row["p_mann_whitney"] == pytest.approx(mann_whitney_p(values[2], values[0]))


def test_diverging_in_every_seed_is_worse_and_never_alike(drawn_scores, rng):
    values = np.stack([np.full(6, math.inf), rng.normal(10, 0.01, 6)])
    scores = drawn_scores(values)
    row = pick(comparisons.pairwise(scores, declare(scores, "fid"), rng))
    assert row["outcome"] == comparisons.BETTER
    assert math.isnan(row["p_equivalence"])
    assert math.isnan(row["detectable"])
    values[0, 1:] = values[1, 1:]  # one run diverged, the others are the same
    scores = drawn_scores(values)
    row = pick(comparisons.pairwise(scores, declare(scores, "fid"), rng))
    assert row["outcome"] == comparisons.OPEN


def test_one_correction_covers_all_cells(drawn_scores, rng):
    values = np.stack([np.zeros(8), np.ones(8)]) + rng.normal(0, 0.01, 8)
    scores = pd.concat([drawn_scores(values + 10, cell) for cell in ("a", "b", "c")])
    family = declare(scores, "fid")
    assert family == Family("fid", ("a", "b", "c"), 3, 8)
    pairs = comparisons.pairwise(scores, family, rng)
    assert pairs["p_holm"].tolist() == pytest.approx([3 * 2 / 2**8] * 3)


def test_of_a_tuned_grid_the_tuned_cell_is_claimed_of(drawn_scores, rng):
    values = rng.normal(10, 1, (3, 10))
    scores = pd.concat([drawn_scores(values, cell) for cell in ("default", "tuned")])
    pairs = comparisons.pairwise(scores, declare(scores, "fid"), rng)
    assert set(pairs[pairs["claimed"]]["cell"]) == {"tuned"}
    assert len(pairs) == 6
    assert pairs["claimed"].sum() == 3


def test_where_nothing_is_paired_the_numbers_of_seeds_change_nothing(split):
    scores = run_scores(split)
    family = declare(split.runs, split.score_columns[0].column, paired=False)
    moved = scores.assign(seed=scores["seed"].where(scores["method"] != "none", 2 - scores["seed"]))
    first, second = (
        comparisons.pairwise(one, family, np.random.default_rng(0)) for one in (scores, moved)
    )
    pd.testing.assert_frame_equal(first, second)
    assert set(first["n_pairs"]) == {0}
    unpaired = ["p_flip", "p_equivalence", "difference_median"]
    assert first[unpaired].isna().all(axis=None)
    claimed = first[first["claimed"]]
    assert claimed["p_holm"].tolist() == pytest.approx(
        comparisons.holm(claimed["p_mann_whitney"].tolist(), family.size)
    )
