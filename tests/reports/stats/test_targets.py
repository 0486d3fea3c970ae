from math import inf, isnan

import pandas as pd
import pytest

from reports.load.loader import load
from reports.stats.confirmation import confirmation
from reports.stats.targets import Target, target, targets, times_to_target
from runners.store.grid import GridStore
from runners.store.states import State, Status


def timed(results, cost):
    goals = dict.fromkeys(results.cells, Target(cost, ""))
    return times_to_target(results, "fid_test", 1, goals)


def first_step(store, cost):
    rows = [row for row in store.rows("scores") if row["step"] > 0]
    return next((row["step"] for row in rows if row["fid_test"] <= cost), inf)


def test_each_run_is_timed_by_its_own_rows(tuned, tuned_folder):
    times = timed(tuned, 3.0)
    assert 0 < (times["steps"] < inf).sum() < len(times)
    for row in times.to_dict("records"):
        store = GridStore(tuned_folder).run(row["run_id"].removesuffix(" (tuned)"))
        assert row["steps"] == first_step(store, 3.0)
        assert row["seconds"] == pytest.approx(0.02 * row["steps"])


def test_a_failed_run_never_arrives_and_one_that_goes_on_is_not_counted(write_tuned):
    folder = write_tuned(methods=("none", "spectral_norm"), trials=2)
    cells = GridStore(folder).plan()["tuning"]["cells"]["default"]["spectral_norm"]
    stores = [GridStore(folder).run(run_id) for run_id in cells]
    stores[0].write_status(Status(State.DIVERGED, step=900))
    stores[1].done_file.unlink()
    times = timed(load(folder), 1e9).set_index("run_id")["steps"]
    assert times[cells[0]] == inf
    assert isnan(times[cells[1]])
    assert times[cells[2]] == 250
    rows = targets(timed(load(folder), 1e9))
    row = rows[(rows["method"] == "spectral_norm") & (rows["cell"] == "default")].iloc[0]
    assert (row["n"], row["reached"], row["steps_median"]) == (2, 1, inf)


def test_the_target_is_the_control_s_tuned_median(tuned):
    confirmed = confirmation(tuned)
    mine = confirmed[(confirmed["cell"] == "tuned") & (confirmed["method"] == "none")]
    goal = target(confirmed, "tuned")
    assert goal.cost == sorted(mine["test"])[1]
    assert goal.words == "the median final score of none, tuned"


def test_without_a_control_it_is_the_worst_median():
    confirmed = pd.DataFrame({
        "cell": "default", "method": ["a", "a", "b", "b", "c", "c"],
        "cost": [1.0, 2.0, 3.0, 4.0, inf, inf],
    })  # fmt: skip
    assert target(confirmed, "default") == Target(3.5, "the worst median final score, default")
    assert isnan(target(confirmed[:0], "default").cost)
