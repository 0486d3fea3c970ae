"""Each way to make a tuned comparison unfair is refused by name."""

import json
import shutil

import pytest

from reports.load.loader import load
from reports.load.proof import matches
from reports.load.tuning import UNPROVEN
from reports.page.html import page
from reports.stats.numbers import compute
from reports.stats.tuning_sentence import tuning_sentence
from runners.files import write_json
from runners.spec import from_stored
from runners.store.grid import GridStore


@pytest.fixture
def copy(tuned_folder, tmp_path):
    return GridStore(shutil.copytree(tuned_folder, tmp_path / "tuned"))


@pytest.fixture
def tampered(doubts_of):
    """Change the plan's tuning in place, and return why the result is doubted."""

    def change_plan(grid, change):
        plan = grid.plan()
        change(plan["tuning"])
        write_json(grid.plan_file, plan)
        return doubts_of(grid)

    return change_plan


@pytest.fixture
def doubts_of(seal):
    """Seal whatever was changed, since a seal is no proof, and return why the result is doubted."""

    def doubts(grid):
        tuning = load(seal(grid.folder)).tuning
        assert tuning is not None
        return tuning.doubts

    return doubts


def edit(grid, run_id, key, value):
    """Change a stored spec, which is then not the one that its folder is named after."""
    spec = grid.run(run_id).spec()
    *path, last = key.split(".")
    place = spec
    for part in path:
        place = place[part]
    place[last] = value
    write_json(grid.run(run_id).spec_file, spec)
    return spec


def other(grid, run_id, key, value):
    """Make a run another one, in its folder and wherever the plan names it, and return its id."""
    spec, plan = edit(grid, run_id, key, value), grid.plan()
    new = from_stored(spec).run_id
    for runs in (plan["runs"], plan["tuning"]["runs"]):
        runs |= {run_id: spec} if run_id in runs else {}
    write_json(grid.plan_file, json.loads(json.dumps(plan).replace(run_id, new)))
    shutil.rmtree(grid.run(new).folder, ignore_errors=True)  # the same run, if there is one
    grid.run(run_id).folder.rename(grid.run(new).folder)
    return new


def by_a_plugin(grid, method):
    """Give a method a name that nobody here knows."""
    for file in (grid.plan_file, *grid.runs_folder.glob("*/spec.json")):
        file.write_text(file.read_text().replace(f'"name": "{method}"', '"name": "mine"'))


def runs_of(grid, method, trial):
    points = grid.plan()["tuning"]["points"]
    return next(p["runs"] for p in points if (p["method"], p["trial"]) == (method, trial))


def test_an_honest_grid_is_tuned(tuned):
    assert tuned.tuning.doubts == ()
    assert tuning_sentence(tuned) == (
        "Each method had 4 trials x 2 seeds of the same budget, selected on validation; winners "
        "confirmed on 3 fresh seeds against test."
    )


def test_a_tuning_seed_may_not_confirm(copy, doubts_of):
    cells = copy.plan()["tuning"]["cells"]["default"]["weight_clipping"]
    other(copy, cells[0], "seed", 10**9)
    doubts = doubts_of(copy)
    assert any(d.startswith("Seed 1000000000 was used to tune and to confirm") for d in doubts)
    assert any("weight_clipping, default: ran on seeds 1000000000, 1, 2" in d for d in doubts)


def test_seeds_are_those_of_the_specs_whatever_the_plan_says(copy, doubts_of):
    other(copy, runs_of(copy, "none", 0)[0], "seed", 2)
    doubts = doubts_of(copy)
    assert any(d.startswith("Seed 2 was used to tune and to confirm") for d in doubts)
    assert any(d.startswith("none, trial 0: ran on seeds 2, 1000000001") for d in doubts)


def test_winners_are_not_chosen_on_test(copy, tampered):
    def change(tuning):
        tuning["select"] |= {"split": "test", "column": "fid_test"}

    (doubt,) = tampered(copy, change)
    assert doubt.startswith("Winners were selected by fid_test, which is no score against the")


def test_the_column_must_be_that_of_the_split(copy, tampered):
    doubts = tampered(copy, lambda tuning: tuning["select"].update(column="fid"))
    assert any(doubt.startswith("Winners were selected by fid,") for doubt in doubts)


def test_winners_are_chosen_at_the_end_and_in_the_score_s_direction(copy, tampered):
    change = {"at": "best", "lower_is_better": False}
    doubts = tampered(copy, lambda tuning: tuning["select"].update(change))
    assert "Winners were selected by the best score, not by that of the last step." in doubts
    assert any(d.startswith("Winners were selected as if of FID higher is") for d in doubts)


def test_no_trial_may_be_dropped_from_the_plan(copy, tampered):
    def change(tuning):
        tuning["points"] = [p for p in tuning["points"] if (p["method"], p["trial"]) != ("none", 1)]

    doubts = tampered(copy, change)
    assert "none has 3 of 4 trials, none numbered 1." in doubts


def test_no_trial_may_be_dropped_from_the_folder(copy, doubts_of):
    run_id = runs_of(copy, "none", 3)[1]
    shutil.rmtree(copy.run(run_id).folder)
    (doubt,) = doubts_of(copy)
    assert doubt == f"1 of 24 trial runs have not ended: {run_id}."


def test_the_winner_is_that_of_the_rows(copy, tampered):
    (first, *_) = tampered(copy, lambda tuning: tuning["winners"].update(weight_clipping=2))
    assert first == "weight_clipping: trial 2 is stored as the winner, but the scores give 1."


def test_another_winner_s_settings_confirm_nothing(copy, tampered):
    doubts = tampered(copy, lambda tuning: tuning["winners"].update(weight_clipping=2))
    cells = copy.plan()["tuning"]["cells"]["tuned"]["weight_clipping"]
    fields = "method.c, optimizer.lr, n_dis"
    assert doubts[1:] == (
        f"weight_clipping, tuned: not as trial 2: {fields} in {', '.join(cells)}.",
    )


def test_rows_decide_who_won(copy, doubts_of):
    for run_id in runs_of(copy, "none", 1):
        file = copy.run(run_id).rows_file("scores")
        *rows, last = file.read_text().splitlines()
        better = json.dumps(json.loads(last) | {"fid_validation": 0.5})
        file.write_text("\n".join([*rows, better]) + "\n")
    (doubt,) = doubts_of(copy)
    assert doubt == "none: trial 0 is stored as the winner, but the scores give 1."


def test_a_trial_s_spec_is_the_planned_one(copy, doubts_of):
    run_id = runs_of(copy, "weight_clipping", 3)[0]
    edit(copy, run_id, "steps", 2000)
    assert doubts_of(copy) == (
        f"1 of 24 trial runs have not ended: {run_id}.",
        f"The stored spec of {run_id} is damaged.",
    )


def test_a_plugin_s_trial_is_the_planned_one_too_where_ids_cannot_be_checked(copy, doubts_of):
    by_a_plugin(copy, "weight_clipping")
    assert doubts_of(copy) == ()
    run_id = runs_of(copy, "weight_clipping", 3)[0]
    edit(copy, run_id, "steps", 2000)
    doubts = doubts_of(copy)
    assert f"1 of 24 trial runs have not ended: {run_id}." in doubts
    assert f"Not as planned: steps in the stored spec of {run_id}." in doubts
    assert f"Not as the trial says: steps in weight_clipping, trial 3 ({run_id})." in doubts


def test_a_trial_has_the_settings_of_its_point_also_where_plan_and_spec_agree(copy, doubts_of):
    run_id = runs_of(copy, "weight_clipping", 3)[0]
    run_id = other(copy, run_id, "method.c", 0.5)
    (doubt,) = doubts_of(copy)
    assert doubt == f"Not as the trial says: method.c in weight_clipping, trial 3 ({run_id})."


def test_points_are_those_of_the_space(copy, tampered):
    def change(tuning):
        tuning["space"]["methods"]["weight_clipping"]["c"] = {"log": [0.01, 1.0]}

    (doubt,) = tampered(copy, change)
    assert doubt == "weight_clipping, trial 1, 2, 3: not the point of the stored search space."


def test_dimensions_are_those_of_the_space(copy, tampered):
    (doubt,) = tampered(copy, lambda tuning: tuning["space"]["methods"].pop("weight_clipping"))
    assert doubt == "weight_clipping: its dimensions are not those of the stored search space."


def test_confirmation_runs_have_the_winner_s_settings(copy, doubts_of):
    run_id = copy.plan()["tuning"]["cells"]["tuned"]["gradient_penalty"][1]
    run_id = other(copy, run_id, "method.lambda_gp", 1.0)
    doubts = doubts_of(copy)
    assert f"gradient_penalty, tuned: not as trial 2: method.lambda_gp in {run_id}." in doubts


def test_defaults_share_what_is_no_method(copy, doubts_of):
    for run_id in [i for trial in range(4) for i in runs_of(copy, "none", trial)]:
        other(copy, run_id, "batch_size", 32)
    doubts = doubts_of(copy)
    assert "The methods' defaults differ in batch_size." in doubts
    assert sum("none, default: not as trial 0: batch_size" in doubt for doubt in doubts) == 1


def test_a_damaged_spec_proves_nothing(copy, doubts_of):
    run_id = runs_of(copy, "none", 1)[0]
    copy.run(run_id).spec_file.write_text("{")
    assert doubts_of(copy) == (
        f"1 of 24 trial runs have not ended: {run_id}.",
        f"The stored spec of {run_id} is damaged.",
    )


def test_two_protocols_choose_nothing(copy, doubts_of):
    file = copy.run(runs_of(copy, "none", 1)[0]).rows_file("scores")
    file.write_text(file.read_text().replace("ref-train-1437", "ref-train-100"))
    (doubt,) = doubts_of(copy)
    assert doubt.startswith("Trial runs were scored under different protocols")


def test_huge_counts_are_doubted_and_not_counted_out(copy, tampered):
    doubts = tampered(copy, lambda tuning: tuning.update(trials=10**12))
    assert "none has 4 of 1000000000000 trials." in doubts


def test_what_is_doubted_is_called_tuned_nowhere(copy, tampered, doubts_of):
    tampered(copy, lambda tuning: tuning["winners"].update(weight_clipping=2))
    results = load(copy.folder)
    assert results.cells == ["default", UNPROVEN]
    assert tuning_sentence(results) is None
    text = page(results, compute(results), [])
    assert text.count("Not a tuned comparison.") == 2
    for doubt in doubts_of(copy):
        assert doubt in text
    assert "<td>tuned</td>" not in text


def test_confirmation_that_goes_on_is_said(copy, doubts_of):
    run_id = copy.plan()["tuning"]["cells"]["tuned"]["gradient_penalty"][1]
    shutil.rmtree(copy.run(run_id).folder)
    results = load(copy.folder)
    assert doubts_of(copy) == ()
    assert "confirmed on 2 so far of 3 fresh seeds" in str(tuning_sentence(results))


@pytest.mark.parametrize(
    ("found", "wanted", "same"),
    [
        ({"name": "linear", "warmup": 0}, "linear", True),
        ({"name": "linear", "warmup": 0}, "cosine", False),
        ({"name": "linear", "warmup": 5}, {"linear": {"warmup": 5}}, True),
        ({"name": "linear", "warmup": 0}, {"linear": {"warmup": 5}}, False),
        ({"name": "linear", "warmup": 0}, {"name": "linear"}, True),
        ({"name": "folder", "path": "a"}, "folder:b", False),
        ([{"name": "shift", "most": 1}], ["shift"], True),
        ([{"name": "shift", "most": 1}], [], False),
        ({"name": "linear"}, 3, False),
        (2, 2.0, True),
        (None, 0.5, False),
    ],
)
def test_components_may_be_written_by_their_names(found, wanted, same):
    assert matches(found, wanted) == same


def test_a_named_setting_is_a_dimension(write_tuned):
    folder = write_tuned(methods=("none", "spectral_norm"), shared={"setting": ["A", "C"]})
    results = load(folder)
    assert results.tuning is not None
    assert results.tuning.doubts == ()
    assert set(results.trials["setting.setting"]) == {"A", "C"}
