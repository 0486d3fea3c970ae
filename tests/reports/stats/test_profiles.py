from itertools import pairwise
from math import inf

import numpy as np
import pandas as pd
import pytest

from reports.load.loader import load
from reports.stats.profiles import profile, profile_score, profiles, ratios, workload_times


def reference_score(times, method, tau_max):
    """AlgoPerf's formula, with the integral summed over the pieces between its jumps."""

    def rho(tau):
        within = 0
        for workload in range(len(times[0])):
            best = min(row[workload] for row in times)
            mine = times[method][workload]
            within += mine < inf and mine / best <= tau
        return within / len(times[0])

    jumps = {1.0, tau_max}
    for workload in range(len(times[0])):
        best = min(row[workload] for row in times)
        jumps |= {row[workload] / best for row in times if row[workload] < inf}
    inside = sorted(jump for jump in jumps if 1 <= jump <= tau_max)
    area = sum((b - a) * rho((a + b) / 2) for a, b in pairwise(inside))
    return area / (tau_max - 1)


@pytest.mark.parametrize("seed", range(5))
def test_the_score_is_algoperfs(seed):
    rng = np.random.default_rng(seed)
    times = rng.integers(1, 12, size=(4, 7)).astype(float)
    times[rng.random((4, 7)) < 0.2] = inf
    found = ratios(times)
    for method in range(4):
        expected = reference_score(times.tolist(), method, 4.0)
        assert profile_score(found[method]) == pytest.approx(expected, abs=1e-12)


def test_the_fastest_everywhere_scores_one_and_who_never_arrives_nothing():
    found = ratios(np.array([[1.0, 5.0], [2.0, 5.0], [inf, inf]]))
    assert [profile_score(row) for row in found] == pytest.approx([1.0, 5 / 6, 0.0])
    assert profile(found[1], 1.0) == 0.5
    assert profile(found[1], 2.0) == 1.0


def test_a_target_nobody_reaches_gives_nobody_a_share():
    found = ratios(np.array([[inf], [inf]]))
    assert np.isinf(found).all()
    assert profile_score(found[0]) == 0.0


def test_a_curve_begins_at_one_and_ends_at_four():
    table = pd.DataFrame([[10.0, 10.0], [25.0, 50.0]], index=["a", "b"])
    curves, scores = profiles({"steps": table})
    mine = curves[curves["method"] == "b"]
    assert mine[["tau", "share"]].to_numpy().tolist() == [[1, 0], [2.5, 0.5], [4, 0.5]]
    assert scores.set_index("method")["score"].to_dict() == pytest.approx({"a": 1, "b": 0.25})


def test_workloads_are_data_sets_where_there_are_several(write_grid, make_spec, numbers_of):
    results = load(write_grid([
        make_spec(m, s, dataset=d) for m in ("none", "spectral_norm") for s in range(3)
        for d in ("digits", "mnist")
    ]))  # fmt: skip
    times = numbers_of(results).times
    goals = {cell: goal.cost for cell, goal in times.goals.items()}
    scores = numbers_of(results).scores
    control = scores[(scores["metric"] == "fid") & (scores["method"] == "none")]
    assert goals == control.groupby("cell", observed=True)["final"].median().to_dict()
    assert [cell.split(",")[0] for cell in goals] == ["dataset=digits", "dataset=mnist"]
    assert times.workloads == "cell"
    assert set(times.profile_scores["workloads"]) == {2}
    steps = times.profile_scores.set_index(["measure", "method"]).loc["steps"]
    assert steps.loc["spectral_norm", "score"] == 1.0 > steps.loc["none", "score"]


def test_one_data_set_untuned_has_no_times(mixed, numbers_of):
    assert not numbers_of(mixed).times.goals


def test_workloads_are_seeds_of_a_tuned_grid(tuned, numbers_of):
    times = numbers_of(tuned).times
    assert (times.compared, times.workloads) == ("tuned", "seed")
    assert set(times.profile_scores["workloads"]) == {3}


def test_a_workload_s_time_is_the_median_of_its_runs():
    times = pd.DataFrame({
        "method": ["a"] * 3 + ["b"] * 3, "cell": ["x"] * 6, "seconds": 1.0,
        "steps": [1.0, 2.0, 3.0, 4.0, inf, inf],
    })  # fmt: skip
    table = workload_times(times, "cell")["steps"]
    assert table["x"].to_dict() == {"a": 2.0, "b": inf}
