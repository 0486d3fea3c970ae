from itertools import pairwise
from math import inf

import numpy as np
import pandas as pd
import pytest

from reports.load.loader import load
from reports.stats.profiles import profile, profile_score, profiles, ratios, workload_times
from reports.stats.targets import Target, times_to_target


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


def test_workloads_are_data_sets_where_there_are_several(write_tuned, write_grid, make_spec, tuned):
    results = load(write_grid([
        make_spec(m, s, dataset=d) for m in ("none", "weight_norm") for s in range(3)
        for d in ("digits", "mnist")
    ]))  # fmt: skip
    runs = results.runs[["run_id", "method", "seed"]].assign(cell="all")
    times = runs.assign(steps=[1.0, 5.0, 2.0, 6.0, 3.0, inf, 4.0, 8.0, 4.0, inf, 4.0, inf],
                        seconds=1.0)  # fmt: skip
    table = workload_times(results, times, "all")["steps"]
    assert table.loc["none"].to_dict() == {"digits": 2.0, "mnist": 6.0}
    assert table.loc["weight_norm"].to_dict() == {"digits": 4.0, "mnist": inf}


def test_workloads_are_seeds_of_one_data_set(tuned):
    times = times_to_target(tuned, Target(3.0, ""))
    assert list(workload_times(tuned, times, "tuned")["steps"].columns) == [0, 1, 2]
