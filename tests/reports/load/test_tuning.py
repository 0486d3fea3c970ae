import json
import shutil

import pytest

from reports.load.differences import CHOSEN, THE_METHOD, THE_SEED
from reports.load.loader import load
from reports.stats.numbers import compute
from runners.errors import StoreProblem
from runners.files import write_json
from runners.store.grid import GridStore
from runners.store.states import State


@pytest.fixture
def copy(tuned_folder, tmp_path):
    return GridStore(shutil.copytree(tuned_folder, tmp_path / "tuned"))


def test_other_grids_have_no_tuning(mixed):
    assert mixed.tuning is None
    assert mixed.trials.empty
    assert len(mixed.distinct) == len(mixed.runs)


def test_every_trial_run_is_a_row(tuned):
    trials = tuned.trials
    assert len(trials) == 3 * 4 * 2
    assert trials["run_id"].is_unique
    assert list(trials["method"].cat.categories) == tuned.methods
    assert set(trials["seed"]) == set(tuned.tuning.plan.seeds)


def test_a_trial_has_what_its_files_say(tuned, tuned_folder):
    row = tuned.trials.iloc[-1]
    store = GridStore(tuned_folder).run(row["run_id"])
    last = store.rows("scores")[-1]
    assert (row["score"], row["test"]) == (last["fid_validation"], last["fid_test"])
    assert row["cost"] == row["score"]
    assert row["seconds"] == store.rows("timing")[-1]["seconds"]
    assert row["lipschitz_upper"] == store.rows("diagnostics")[-1]["lipschitz_upper"]
    spec = store.spec()
    assert row["setting.optimizer.lr"] == spec["optimizer"]["lr"]
    assert row["setting.method.lambda_gp"] == spec["method"]["lambda_gp"]
    assert row.isna()["setting.method.c"]


def test_the_default_is_a_point_of_the_space(tuned):
    first = tuned.trials[(tuned.trials["trial"] == 0)]
    assert set(first["setting.optimizer.lr"]) == {2e-4}
    assert set(first["setting.method.c"].dropna()) == {0.01}


def test_a_failed_trial_costs_the_most_and_one_that_goes_on_nothing_yet(copy, tuned):
    (failed,) = tuned.trials.loc[tuned.trials["cost"] == float("inf"), "method"].unique()
    assert failed == "none"
    run = copy.run(tuned.trials["run_id"].iloc[0])
    run.done_file.unlink()
    row = load(copy.folder).trials.iloc[0]
    assert row["state"] == State.UNFINISHED
    assert row.isna()["cost"]


def test_cells_are_defaults_and_winners(tuned):
    assert tuned.cells == ["default", "tuned"]
    assert tuned.methods == ["none", "weight_clipping", "gradient_penalty"]
    counts = tuned.runs.groupby(["cell", "method"], observed=True)["seed"].nunique()
    assert (counts == 3).all()


def test_a_default_that_won_stands_in_both_cells_once_each(tuned):
    assert tuned.tuning.plan.winners["none"] == 0
    mine = tuned.runs[tuned.runs["method"] == "none"]
    assert mine.groupby("cell", observed=True).size().to_dict() == {"default": 3, "tuned": 3}
    assert tuned.runs["run_id"].is_unique
    assert len(tuned.distinct) == len(tuned.runs) - 3
    both = [tuned.scores[tuned.scores["run_id"].isin(ids)] for _, ids in
            mine.groupby("cell", observed=True)["run_id"]]  # fmt: skip
    assert both[0]["fid_test"].tolist() == both[1]["fid_test"].tolist()


def test_trial_runs_are_no_strangers_in_the_folder(tuned):
    assert tuned.notes == ()


def test_what_was_searched_may_differ_and_nothing_else(tuned):
    roles = {difference.field: difference.role for difference in tuned.differences}
    assert roles["optimizer.lr"] == roles["method.c"] == CHOSEN
    assert roles["method.name"] == THE_METHOD
    assert roles["seed"] == THE_SEED
    values = {d.field: d.values for d in tuned.differences}
    assert values["method.c"]["weight_clipping"] == ("0.01", "0.0496")
    assert values["method.c"]["none"] == ("–",)


def test_before_winners_are_known_there_are_defaults_alone(copy, seal):
    plan = copy.plan()
    plan["tuning"] |= {"winners": {}, "cells": {}}
    named = [i for i, spec in plan["runs"].items() if spec["optimizer"]["lr"] == 2e-4]
    plan["runs"] = {i: plan["runs"][i] for i in named}
    write_json(copy.plan_file, plan)
    results = load(seal(copy.folder))
    assert results.cells == ["default"]
    assert results.tuning is not None
    assert results.tuning.doubts
    compute(results)


def test_before_anything_is_confirmed_trials_are_shown(copy, seal):
    plan = copy.plan()
    write_json(copy.plan_file, plan | {"runs": {}, "tuning": plan["tuning"] | {"cells": {}}})
    results = load(seal(copy.folder))
    assert results.methods == ["none", "weight_clipping", "gradient_penalty"]
    assert len(compute(results).tuning.trials) == 12


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        ({"trials": "x"}, "tuning.trials"),
        ({"points": [1]}, "tuning.points.0"),
        ({"cells": {"default": {"none": ["no-run"]}}}, "tuning.cells.default.none"),
        ({"select": {}}, "tuning.select.metric"),
        ({"runs": {}}, "tuning"),
    ],
)
def test_a_damaged_plan_is_named(copy, damage, place, seal):
    plan = copy.plan()
    write_json(copy.plan_file, plan | {"tuning": plan["tuning"] | damage})
    with pytest.raises(StoreProblem, match=rf"grid.json: {place}.*plan it again"):
        load(seal(copy.folder))


ODD = ("x", [1], True, None, {}, -1)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["scores", "diagnostics", "timing"])
def test_odd_rows_of_a_trial_stop_no_report(copy, name):
    run_id = load(copy.folder).trials["run_id"].iloc[0]
    run = copy.run(run_id)
    file = run.rows_file(name)
    sound, states = file.read_text(), set()
    for value in ODD:
        *rows, last = sound.splitlines()
        odd = dict.fromkeys(json.loads(last), value) | {"step": 1000}
        file.write_text("\n".join([*rows, json.dumps(odd)]) + "\n")
        run.write_status(run.status())  # seals them
        results = load(copy.folder)
        compute(results)
        state = results.trials["state"].iloc[0]
        states.add(state)
        if state == State.DAMAGED and results.tuning is not None:
            assert run_id in results.trials["reason"].iloc[0]
            assert results.tuning.doubts
    assert states == {State.FINISHED, State.DAMAGED}
