import math

import pytest

from reports import stats
from reports.frame import load
from runners.store.states import State


@pytest.fixture(scope="module")
def scores(mixed):
    return stats.run_scores(mixed)


def pick(frame, **values):
    for column, value in values.items():
        frame = frame[frame[column] == value]
    return frame.iloc[0]


def test_final_and_best_of_a_finished_run(mixed, scores):
    row = pick(scores, method="spectral_norm", seed=0, metric="fid")
    fids = mixed.scores[mixed.scores["run_id"] == row["run_id"]].set_index("step")["fid"]
    assert row["initial"] == fids[0]
    assert row["final"] == fids[1000]
    assert row["best"] == fids[1:].min()
    assert row["best_step"] == fids[1:].idxmin()
    assert row["gap"] == pytest.approx(fids[1000] - fids[1:].min())
    assert row["cost"] == row["final"]


def test_higher_is_better_turns_the_cost(scores):
    row = pick(scores, method="spectral_norm", seed=0, metric="is")
    assert row["cost"] == -row["final"]
    assert row["gap"] >= 0


def test_a_diverged_run_has_no_final_score_but_ranks_worst(scores):
    row = pick(scores, method="none", seed=1, metric="fid")
    assert math.isnan(row["final"])
    assert row["cost"] == math.inf
    assert row["best_step"] == 500


@pytest.mark.parametrize(("method", "seed"), [("weight_clipping", 2), ("weight_norm", 1)])
def test_a_crashed_or_unfinished_run_has_no_rank(scores, method, seed):
    row = pick(scores, method=method, seed=seed, metric="fid")
    assert math.isnan(row["final"])
    assert math.isnan(row["cost"])


def test_failures_count_among_the_planned(mixed):
    table = stats.summary(mixed)
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
    row = pick(stats.summary(mixed), method="spectral_norm")
    runs = mixed.metrics[mixed.metrics["method"] == "spectral_norm"].groupby("seed")["grad_norm_d"]
    assert row["grad_norm_d_median"] == pytest.approx(runs.median().median())
    tail = (runs.quantile(0.99) / runs.median()).median()
    assert row["grad_norm_d_p99_over_median"] == pytest.approx(tail)


def test_score_summary_by_hand(scores):
    row = pick(stats.score_summary(scores), method="gradient_penalty", metric="fid")
    mine = scores[(scores["method"] == "gradient_penalty") & (scores["metric"] == "fid")]
    finals = sorted(mine["final"])
    assert row["final_median"] == finals[1]
    assert row["final_iqr"] == pytest.approx((finals[2] - finals[0]) / 2)
    assert (row["final_min"], row["final_max"], row["final_n"]) == (finals[0], finals[2], 3)


def test_ranked_median_counts_the_diverged(scores):
    row = pick(stats.score_summary(scores), method="none", metric="fid")
    assert row["final_n"] == 2
    assert row["ranked_median"] == row["final_max"]  # of (low, high, failed) the middle is high


def test_ranked_median_fails_where_most_runs_diverged(write_grid, make_spec):
    states = {("none", 0): State.DIVERGED, ("none", 1): State.DIVERGED}
    folder = write_grid([make_spec("none", s) for s in range(3)], states=states)
    table = stats.score_summary(stats.run_scores(load(folder)))
    assert pick(table, metric="fid")["ranked_median"] == math.inf
    assert pick(table, metric="is")["ranked_median"] == -math.inf
