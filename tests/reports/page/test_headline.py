import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from reports.load.loader import load
from reports.page.headline import UNPROVEN, and_list, headline
from reports.render import summary_markdown
from reports.stats.comparisons import pairwise
from reports.stats.numbers import compute
from reports.stats.power import declare, power
from runners.store.states import State


@pytest.fixture(scope="module")
def concluded(mixed, numbers_of, drawn_scores):
    """Conclude from drawn values of (methods, seeds), as if they were the scores of `mixed`."""

    def conclude(values, seed=0):
        scores = drawn_scores(values)
        family = declare(scores, "fid")
        pairs = pairwise(scores, family, np.random.default_rng(seed))
        changed = {"pairs": pairs, "family": family, "power": power(family, pairs)}
        said = headline(mixed, dataclasses.replace(numbers_of(mixed), **changed))
        assert said is not None
        return said, pairs

    return conclude


def around(middles, n, spread=1.0, seed=0):
    noise = np.random.default_rng(seed).normal(size=(len(middles), n))
    return np.array(middles, float)[:, None] + spread * noise


def test_the_opening_names_the_operating_point_n_and_the_test(concluded):
    said, _ = concluded(around([30, 55, 18, 12, 22], 6))
    begins, methods = said.opening.split(" The methods: ")
    assert begins == (
        "Compared by FID at the end of training (digits-cnn, lower is better), n = 6 seeds per "
        "method, at one operating point: digits, 1437 training data, dcgan, nonsaturating loss, "
        "adam, lr 0.0002, batch size 64, n_dis 1, 1000 steps."
    )
    assert methods.startswith("none; weight_clipping(c=0.01, scope=weights); gradient_penalty(")
    assert methods.endswith("Exact Mann-Whitney test, Holm over all 10 pairs, level .05.")
    assert "it may depend on it" in said.scope
    assert "No method was tuned" in said.scope


def test_the_opening_claims_no_time_that_runs_did_not_keep(mixed, numbers_of):
    def opening(budget):
        said = headline(dataclasses.replace(mixed, budget=budget), numbers_of(mixed))
        assert said is not None
        return said.opening

    planned = "at the end of training, planned by a calibration for {} s each"
    assert f"{planned.format(19)} (digits-cnn" in opening(19.0)
    assert f"{planned.format(10)}, while finished runs took 20.0 s (digits" in opening(10.0)


def test_what_is_better_is_said_of_the_winner(concluded):
    said, _ = concluded(around([30, 55, 18, 12, 22], 10))
    assert said.claims == (
        "spectral_norm is better than none, weight_clipping, gradient_penalty and weight_norm "
        "(p after Holm at most 0.020).",
        "gradient_penalty is better than none, weight_clipping and weight_norm "
        "(p after Holm at most 0.020).",
        "weight_norm is better than none and weight_clipping (p after Holm at most 0.020).",
        "none is better than weight_clipping (p after Holm 0.020).",
    )


def test_what_cannot_be_told_comes_with_what_would_have_been_found(concluded):
    said, pairs = concluded(around([30, 30], 6, spread=9))
    (claim,) = said.claims
    detectable = pairs["detectable"].iloc[0]
    assert claim.startswith("Cannot be told apart, nor called alike, with so few seeds")
    assert f"weight_clipping and none ({detectable:.0f})." in claim
    said, _ = concluded(around([30, 30], 3, spread=9))
    assert "weight_clipping and none (none, however large)" in said.claims[0]


def test_only_what_is_shown_alike_is_said_not_to_differ(concluded):
    said, _ = concluded(around([30, 30], 10))
    assert said.claims[0].startswith("weight_clipping does not differ from none by more than 6.0")
    open_said, _ = concluded(around([30, 30], 10, spread=30))
    assert "differ from" not in " ".join(open_said.claims)


def test_a_small_sure_difference_is_said_to_be_small(concluded):
    said, _ = concluded(around([30, 31], 10, spread=0.1))
    assert said.claims == (
        "none is better than weight_clipping (by less than 6.1) (p after Holm 0.0020).",
    )


def test_a_method_that_always_diverges_is_worse(concluded):
    said, _ = concluded(np.stack([around([30], 6)[0], np.full(6, math.inf)]))
    assert said.claims == ("none is better than weight_clipping (p after Holm 0.031).",)


def test_of_a_tuned_grid_the_proof_is_asked_for(mixed, numbers_of):
    family = dataclasses.replace(numbers_of(mixed).family, cells=("tuned",))
    runs = mixed.runs.assign(cell="tuned")
    results = dataclasses.replace(mixed, runs=runs)
    numbers = dataclasses.replace(numbers_of(mixed), family=family)
    first, second = headline(results, numbers), headline(results, numbers, tuned="Same budget.")
    assert first is not None
    assert second is not None
    assert (first.scope, second.scope) == (UNPROVEN, "Same budget.")


def test_what_differs_between_methods_besides_is_said_of_each(write_grid, make_spec):
    lr = {"none": 1e-3, "weight_norm": 2e-4}
    specs = [make_spec(m, s, optimizer={"name": "adam", "lr": lr[m]}) for m in lr for s in range(2)]
    results = load(write_grid(specs))
    cells = pd.Categorical(["tuned"] * len(specs))
    results = dataclasses.replace(results, runs=results.runs.assign(cell=cells))
    said = headline(results, compute(results))
    assert said is not None
    assert (
        "none with optimizer.lr 0.001; weight_norm(learnable_gain=False, scale=1) with "
        in said.opening
    )
    assert "adam, batch size 64" in said.opening


def test_pairs_without_results_are_counted(write_grid, make_spec):
    states = {("none", s): State.CRASHED for s in range(2)}
    specs = [make_spec(m, s) for m in ("none", "weight_norm", "spectral_norm") for s in range(2)]
    results = load(write_grid(specs, states=states))
    said = headline(results, compute(results))
    assert said is not None
    assert said.claims[-1] == "2 of 3 pairs cannot be compared yet: a method has no result."


def test_cells_are_named_where_there_are_several(write_grid, make_spec):
    specs = [
        make_spec(m, s, loss=loss)
        for loss in ("hinge", "nonsaturating")
        for m in ("none", "spectral_norm")
        for s in range(7)
    ]
    results = load(write_grid(specs))
    said = headline(results, compute(results))
    assert said is not None
    assert "at 2 settings" in said.opening
    assert said.claims == tuple(
        f"loss={loss}: spectral_norm is better than none (p after Holm 0.031)."
        for loss in ("hinge", "nonsaturating")
    )


def test_nothing_to_compare_no_headline(write_grid, make_spec):
    one = load(write_grid([make_spec("none", 0)]))
    assert headline(one, compute(one)) is None
    specs = [make_spec(m, 0) for m in ("none", "weight_norm")]
    states = {("none", 0): State.MISSING, ("weight_norm", 0): State.MISSING}
    unscored = load(write_grid(specs, states=states))
    assert headline(unscored, compute(unscored)) is None


def test_the_summary_file_ends_with_it(mixed, numbers_of):
    said = headline(mixed, numbers_of(mixed))
    assert said is not None
    text = summary_markdown(mixed, numbers_of(mixed))
    after = text.split("## What can be concluded")[1]
    for sentence in (said.opening, *said.claims, said.scope):
        assert sentence in after


def test_lists():
    said = ["", "a", "a and b", "a, b and c"]
    assert [and_list(list(words)) for words in ("", "a", "ab", "abc")] == said


CLAIM = "is better than"


COPIES = [
    (5, 6, -0.2499, 0.05),  # the lowest that five can have
    (2, 10, -0.5, 0.05),
]
MORE_COPIES = [
    (5, 6, 0.0, 0.05),
    (5, 6, 0.5, 0.05),
    (3, 6, -0.4999, 0.05),
    (2, 5, -0.9999, 0.05),
    (5, 10, 0.0, 0.05),
    (5, 10, 0.5, 0.05),
    (5, 10, -0.2499, 0.05),
    (2, 6, -0.5, 0.05),
]


@pytest.mark.parametrize(
    ("methods", "n", "correlation", "most"),
    [
        *(pytest.param(*case, marks=pytest.mark.slow) for case in COPIES),
        *(pytest.param(*case, marks=pytest.mark.long) for case in MORE_COPIES),
    ],
)
def test_copies_of_one_method_are_rarely_called_different(concluded, methods, n, correlation, most):
    """False claims of 500 stores in which all methods are the same, by their headline."""
    rng = np.random.default_rng(1)
    covariance = np.full((methods, methods), correlation) + np.eye(methods) * (1 - correlation)
    root = np.linalg.cholesky(covariance)
    false = 0
    for _ in range(500):
        said, pairs = concluded(10 + root @ rng.normal(size=(methods, n)))
        claimed = any(CLAIM in claim for claim in said.claims)
        assert claimed == pairs["outcome"].isin(["better", "worse"]).any()
        false += claimed
    assert false / 500 <= most + 2 * math.sqrt(most * (1 - most) / 500)
