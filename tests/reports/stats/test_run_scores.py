import math

import pytest

from reports.stats.run_scores import run_scores


@pytest.fixture(scope="module")
def scores(mixed):
    return run_scores(mixed)


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


def test_validation_chooses_the_step_and_test_is_shown_there(split):
    row = pick(run_scores(split), method="none", seed=0, metric="fid_test")
    rows = split.scores[split.scores["run_id"] == row["run_id"]].set_index("step")
    chosen = rows["fid_validation"][1:].idxmin()
    assert row["best_step"] == chosen == 500
    assert rows["fid_test"][1:].idxmin() == 750, "which a choice by test would have found"
    assert row["best"] == rows["fid_test"][500]
    assert row["final"] == rows["fid_test"][1000]
    assert row["gap"] == row["final"] - row["best"]
    assert row["gap"] < 0, "validation may choose a step that is worse than the last"


def test_only_claims_are_scores_unless_others_are_asked_for(split):
    assert run_scores(split)["metric"].unique().tolist() == ["fid_test", "is"]
    asked = run_scores(split, split.other_splits)["metric"].unique().tolist()
    assert asked == ["fid", "fid_validation", "fid_gap"]
