"""What changed since a run ended, or is another's, is named as damaged and counts in no number."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from reports.load.loader import load
from reports.load.results import Results
from reports.stats.numbers import compute
from runners.errors import StoreProblem
from runners.files import read_json, write_json
from runners.store.grid import GridStore
from runners.store.run import RunStore
from runners.store.states import State

SCHEMA_1 = Path(__file__).parents[2] / "stores" / "schema-1"
CHANGED, ADDED = "changed or damaged since the run ended", "was added since the run ended"
FRAMES = (
    "metrics", "scores", "spectra", "diagnostics", "timing", "best", "evals", "outcomes", "floors",
    "samples", "surfaces",
)  # fmt: skip


@pytest.fixture
def grid(write_grid, make_spec) -> GridStore:
    """Two methods x two seeds, all finished."""
    specs = [make_spec(m, s) for m in ("none", "spectral_norm") for s in range(2)]
    return GridStore(write_grid(specs))


@pytest.fixture
def run(grid) -> RunStore:
    """The first run of the grid."""
    return grid.run(next(iter(grid.plan()["runs"])))


def edited(file: Path, old: str, new: str) -> None:
    """Edit a file as sed does."""
    text = file.read_text()
    file.write_text(re.sub(old, new, text))
    assert file.read_text() != text


def used(results: Results, run: RunStore) -> list[str]:
    """Return the frames that hold anything a run's files say."""
    frames = {name: getattr(results, name) for name in FRAMES}
    return [name for name, one in frames.items() if run.run_id in set(one["run_id"])]


def why_damaged(grid: GridStore, run: RunStore) -> str:
    """Return why a run is the only damaged one, by whose files no number is made."""
    results = load(grid.folder)
    damaged = results.runs[results.runs["state"] == State.DAMAGED]
    assert damaged["run_id"].tolist() == [run.run_id]
    assert used(results, run) == []
    reason = damaged["reason"].iloc[0]
    assert f"Run {run.run_id} is damaged and none of its numbers are used: {reason}" in (
        results.notes
    )
    return reason


def test_a_run_as_it_ended_is_used(grid, run) -> None:
    results = load(grid.folder)
    assert set(results.runs["state"]) == {State.FINISHED}
    drawn_by_others = {"best", "evals", "surfaces"}
    assert set(used(results, run)) == set(FRAMES) - drawn_by_others


def test_an_edited_score_counts_in_no_number(grid, run) -> None:
    before = compute(load(grid.folder)).scores
    edited(run.rows_file("scores"), r'"fid": [\d.]+', '"fid": 0.01')
    assert why_damaged(grid, run) == f"{run.rows_file('scores')}: {CHANGED}"
    after = compute(load(grid.folder)).scores
    mine = after["run_id"] == run.run_id
    assert after.loc[mine, ["final", "best", "cost"]].isna().all(axis=None)
    others = ["run_id", "metric", "final"]
    theirs = before[before["run_id"] != run.run_id]
    assert after.loc[~mine, others].to_numpy().tolist() == theirs[others].to_numpy().tolist()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("spec.json", '"seed": 0', '"seed": 7'),
        ("status.json", '"step": 1000', '"step": 999'),
        ("proof.json", '"g0"', '"g1"'),
        ("floor.json", '"fid": 4.5', '"fid": 99.0'),
        ("metrics.jsonl", '"accuracy_d"', '"accuracy"'),
        ("spectra.jsonl", '"sigma_max": [0-9.]+', '"sigma_max": 1.0'),
        ("diagnostics.jsonl", '"ok": true', '"ok": false'),
        ("timing.jsonl", r'"seconds": [\d.]+', '"seconds": 0.1'),
    ],
)
def test_an_edited_file_is_named(write_grid, make_spec, name, old, new) -> None:
    specs = [make_spec("spectral_norm", s) for s in range(2)]
    grid = GridStore(write_grid(specs))
    run = grid.run(specs[0].run_id)
    edited(run.folder / name, old, new)
    assert why_damaged(grid, run) == f"{run.folder / name}: {CHANGED}"


@pytest.mark.parametrize("name", ["scores.jsonl", "proof.json", "floor.json", "samples/step-1.png"])
def test_a_missing_file_is_named(grid, run, name) -> None:
    name = name.replace("-1.", "-00001000.")
    (run.folder / name).unlink()
    assert why_damaged(grid, run) == f"{run.folder / name}: {CHANGED}"


def test_pictures_are_the_run_s_own(grid, run) -> None:
    ((step, picture),) = run.sample_grids()
    drawn = picture.read_bytes()
    picture.write_bytes(drawn + b"x")
    assert why_damaged(grid, run) == f"{picture}: {CHANGED}"
    picture.write_bytes(drawn)
    more = run.sample_grid_file(step + 1)
    more.write_bytes(drawn)
    assert why_damaged(grid, run) == f"{more}: {ADDED}"
    more.unlink()
    run.surface_file.write_bytes(b"no surface of this run")
    assert why_damaged(grid, run) == f"{run.surface_file}: {ADDED}"


def test_rows_of_a_best_checkpoint_that_was_never_scored_are_named(grid, run) -> None:
    row = run.rows("scores")[2]
    run.append("best", [row | {"fid": 0.01}])
    assert why_damaged(grid, run) == f"{run.rows_file('best')}: {CHANGED}"


def test_a_file_that_an_earlier_version_did_not_write_is_named(tmp_path) -> None:
    grid = GridStore(shutil.copytree(SCHEMA_1, tmp_path / "old"))
    assert set(load(grid.folder).runs["state"]) == {State.FINISHED}
    run = grid.run(next(iter(grid.plan()["runs"])))
    run.append("best", [run.rows("scores")[-1]])
    assert why_damaged(grid, run) == f"{run.rows_file('best')}: {ADDED}"


@pytest.mark.parametrize("number", [1, 2], ids=["other seed", "other method"])
@pytest.mark.parametrize("ended", [True, False])
def test_a_run_s_files_in_another_s_folder_are_foreign(grid, run, number, ended) -> None:
    other = grid.run(list(grid.plan()["runs"])[number])
    shutil.rmtree(run.folder)
    shutil.copytree(other.folder, run.folder)
    if not ended:
        run.done_file.unlink()
    said = f"{run.spec_file}: {run.run_id} holds the spec of {other.run_id}"
    assert why_damaged(grid, run) == said


def test_a_plugin_s_files_in_another_s_folder_are_foreign_too(grid, run, seal) -> None:
    for file in (grid.plan_file, *grid.runs_folder.glob("*/spec.json")):
        file.write_text(file.read_text().replace('"name": "none"', '"name": "mine"'))
    assert set(load(seal(grid.folder)).runs["state"]) == {State.FINISHED}
    shutil.rmtree(run.folder)
    shutil.copytree(grid.run(list(grid.plan()["runs"])[1]).folder, run.folder)
    said = f"{run.spec_file}: not the spec that {run.run_id} stands for"
    assert why_damaged(grid, run) == said


def test_without_its_seal_a_run_has_not_ended(grid, run) -> None:
    run.done_file.unlink()
    results = load(grid.folder)
    (state,) = results.runs.loc[results.runs["run_id"] == run.run_id, "state"]
    assert state == State.UNFINISHED
    assert "1 of 4 planned runs: unfinished" in results.notes[0]
    scores = compute(results).scores
    assert scores.loc[scores["run_id"] == run.run_id, "final"].isna().all()


@pytest.mark.parametrize("seal", ["{}", "[]", "", "{"])
def test_a_seal_that_seals_nothing_is_damaged(grid, run, seal) -> None:
    run.done_file.write_text(seal)
    assert str(run.folder) in why_damaged(grid, run)


def test_an_edited_plan_makes_no_report(grid) -> None:
    edited(grid.plan_file, '"seed": 0', '"seed": 7')
    with pytest.raises(StoreProblem, match=r"grid\.json: changed since `bench run` wrote it"):
        load(grid.folder)


@pytest.mark.parametrize("sealed", [True, False])
def test_a_plan_whose_ids_stand_for_other_specs_makes_no_report(grid, run, seal, sealed) -> None:
    plan = grid.plan()
    plan["runs"][run.run_id]["seed"] = 7
    write_json(grid.plan_file, plan)
    if sealed:
        seal(grid.folder)
    with pytest.raises(StoreProblem, match=rf"grid\.json: {run.run_id} holds the spec of .*-s7-"):
        load(grid.folder)


@pytest.mark.parametrize("name", ["../../other/runs/x", "/etc", "..", "a/b", ""])
def test_an_id_that_leads_out_of_the_folder_makes_no_report(grid, seal, name) -> None:
    plan = read_json(grid.plan_file)
    plan["runs"] = {name: {"method": {"name": "mine"}, "seed": 0, "steps": 10}}
    write_json(grid.plan_file, plan)
    for store in grid.folders():
        shutil.rmtree(grid.runs_folder / store)
    seal(grid.folder)
    with pytest.raises(StoreProblem, match=r"grid\.json: .* is no run id"):
        load(grid.folder)


def test_later_scorings_that_no_seal_knows_are_not_shown(grid, run) -> None:
    later = {"step": 1000, "fid": 7.0, "protocol": "digits-cnn-b/ref-train-9/gen-500"}
    run.append("evals", [later | {"fid": 0.01}])
    results = load(grid.folder)
    assert set(results.runs["state"]) == {State.FINISHED}
    assert results.evals.empty
    run.append_eval(later)
    assert load(grid.folder).evals["fid"].tolist() == [7.0]
    edited(run.rows_file("evals"), "7.0", "0.1")
    assert why_damaged(grid, run) == (
        f"{run.rows_file('evals')}: changed or damaged since it was written"
    )


@pytest.fixture
def trial(tuned_folder, tmp_path) -> tuple[GridStore, RunStore]:
    """A copy of a tuned grid, and its first trial run."""
    grid = GridStore(shutil.copytree(tuned_folder, tmp_path / "tuned"))
    return grid, grid.run(grid.plan()["tuning"]["points"][0]["runs"][0])


def swapped(run: RunStore) -> None:
    other = next(one for one in sorted(run.folder.parent.iterdir()) if one != run.folder)
    shutil.rmtree(run.folder)
    shutil.copytree(other, run.folder)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda run: edited(run.rows_file("scores"), '"fid_validation": [0-9.]+',
                            '"fid_validation": 0.01'), CHANGED),
        (swapped, "holds the spec of"),
    ],
)  # fmt: skip
def test_a_changed_trial_proves_nothing(
    trial: tuple[GridStore, RunStore], change: Callable[[RunStore], None], said: str
) -> None:
    grid, run = trial
    change(run)
    results = load(grid.folder)
    row = results.trials.set_index("run_id").loc[run.run_id]
    assert row["state"] == State.DAMAGED
    assert said in row["reason"]
    assert row[["score", "cost", "test", "seconds"]].isna().all()
    assert results.tuning is not None
    assert f"1 of 24 trial runs have not ended: {run.run_id}." in results.tuning.doubts


OWN = (
    "spec.json", "status.json", "proof.json", "floor.json", "scores.jsonl", "evals.jsonl",
    "surface.npz", "samples/step-00000500.png", "samples", ".",
)  # fmt: skip


@pytest.mark.parametrize("state", [State.FINISHED, State.UNFINISHED])
@pytest.mark.parametrize("name", OWN)
def test_a_link_in_a_run_s_folder_is_not_followed(write_grid, make_spec, name, state) -> None:
    grid, run = _two_runs(write_grid, make_spec, state)
    path = run.folder / name
    outside = grid.folder.parent / "outside"
    if path.exists():
        path.rename(outside)
    path.symlink_to(outside)
    outside.touch()
    assert why_damaged(grid, run).startswith(f"{path}: is a link")


@pytest.mark.parametrize("state", [State.FINISHED, State.UNFINISHED])
@pytest.mark.parametrize("name", OWN)
def test_a_pipe_in_a_run_s_folder_stops_no_report(write_grid, make_spec, name, state) -> None:
    grid, run = _two_runs(write_grid, make_spec, state)
    path = run.folder / name
    if path.exists():
        path.rename(grid.folder.parent / "outside")
    os.mkfifo(path)
    assert why_damaged(grid, run).startswith(f"{path}: is no regular file")


def _two_runs(write_grid, make_spec, state: State) -> tuple[GridStore, RunStore]:
    plane = {"dataset": "gaussians25", "model": {"name": "mlp", "latent": 2}}
    specs = [make_spec("none", s, **plane) for s in range(2)]
    grid = GridStore(write_grid(specs, states={("none", 0): state}))
    return grid, grid.run(specs[0].run_id)


def test_a_folder_of_runs_that_is_a_link_makes_no_report(grid) -> None:
    grid.runs_folder.rename(grid.folder.parent / "outside")
    grid.runs_folder.symlink_to(grid.folder.parent / "outside")
    with pytest.raises(StoreProblem, match=r"runs: is a link"):
        load(grid.folder)


def test_what_a_seal_says_does_not_depend_on_who_seals(grid, run, seal) -> None:
    before = json.loads(run.done_file.read_text())
    assert set(before) >= {"spec.json", "status.json", "floor.json", "evals"}
    seal(grid.folder)
    assert json.loads(run.done_file.read_text()) == before


@pytest.mark.parametrize("name", ["/etc/x", "../x", "samples/../../x", "samples/\0x", "samples//x"])
def test_a_seal_that_names_what_lies_elsewhere_is_damaged(grid, run, name) -> None:
    write_json(run.done_file, read_json(run.done_file) | {name: "0"})
    assert "its seal names" in why_damaged(grid, run)


def test_a_changed_later_scoring_damages_the_run_for_every_reader(grid, run) -> None:
    run.append_eval({"step": 1000, "fid": 3.0, "protocol": "p"})
    run.check_seal()
    edited(run.rows_file("evals"), "3.0", "0.1")
    for reader in (run.check_seal, run.check_whole):
        with pytest.raises(StoreProblem, match=r"evals.jsonl: changed or damaged"):
            reader()
    assert "evals.jsonl: changed or damaged" in why_damaged(grid, run)
