import math

import pytest

from reports.load.loader import load
from reports.stats.numbers import compute
from reports.stats.run_scores import run_scores
from reports.stats.summaries import summary
from runners.store.states import State


@pytest.fixture(scope="module")
def scores(mixed):
    return run_scores(mixed)


def pick(frame, **values):
    for column, value in values.items():
        frame = frame[frame[column] == value]
    return frame.iloc[0]


def test_failures_count_among_the_planned(mixed):
    table = summary(mixed)
    none = pick(table, method="none")
    assert (none["n_planned"], none["finished"], none["diverged"]) == (3, 2, 1)
    norm = pick(table, method="weight_norm")
    assert (norm["n_planned"], norm["finished"], norm["unfinished"], norm["missing"]) == (
        3,
        1,
        1,
        1,
    )
    assert none["seconds_per_step"] == pytest.approx(0.02)


def test_gradient_health_is_median_over_runs(mixed):
    row = pick(summary(mixed), method="spectral_norm")
    runs = mixed.metrics[mixed.metrics["method"] == "spectral_norm"].groupby("seed")["grad_norm_d"]
    assert row["grad_norm_d_median"] == pytest.approx(runs.median().median())
    tail = (runs.quantile(0.99) / runs.median()).median()
    assert row["grad_norm_d_p99_over_median"] == pytest.approx(tail)


def test_score_summary_by_hand(mixed, scores, numbers_of):
    row = pick(numbers_of(mixed).score_summary, method="gradient_penalty", metric="fid")
    mine = scores[(scores["method"] == "gradient_penalty") & (scores["metric"] == "fid")]
    finals = sorted(mine["final"])
    assert row["final_median"] == finals[1]
    assert row["final_iqr"] == pytest.approx((finals[2] - finals[0]) / 2)
    assert (row["final_min"], row["final_max"], row["final_n"]) == (finals[0], finals[2], 3)


def test_ranked_median_counts_the_diverged(mixed, numbers_of):
    row = pick(numbers_of(mixed).score_summary, method="none", metric="fid")
    assert row["final_n"] == 2
    assert row["ranked_median"] == row["final_max"]  # of (low, high, failed) the middle is high


def test_ranked_median_fails_where_most_runs_diverged(write_grid, make_spec):
    states = {("none", 0): State.DIVERGED, ("none", 1): State.DIVERGED}
    folder = write_grid([make_spec("none", s) for s in range(3)], states=states)
    table = compute(load(folder)).score_summary
    assert pick(table, metric="fid")["ranked_median"] == math.inf
    assert pick(table, metric="is")["ranked_median"] == -math.inf
