"""A grid's folder: its plan, its runs, the newest of several, and folders of earlier versions."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from runners.errors import StoreProblem
from runners.metrics import METRICS
from runners.options import Options
from runners.rescore import rescore, samples
from runners.spec import RunSpec, from_stored
from runners.store.grid import GridStore, newest_results
from runners.tuning.plan import Point, Select, Space, TuningPlan

SCHEMA_1 = Path(__file__).parents[2] / "stores" / "schema-1"


def test_newest_results_and_unplanned_runs(tmp_path, tiny) -> None:
    with pytest.raises(StoreProblem, match="bench run"):
        newest_results(tmp_path)
    spec = tiny()
    for age, name in enumerate(("old", "new")):
        GridStore(tmp_path / name).write_plan(
            name,
            {spec.run_id: spec.as_dict},
            "why",
            ("loss",),
            map(dataclasses.asdict, METRICS["is"].columns),
        )
        os.utime(tmp_path / name / "grid.json", (age, age))
    assert newest_results(tmp_path).name == "new"
    grid = GridStore(tmp_path / "new")
    grid.run("b").create({})
    assert grid.unplanned() == ["b"]
    plan = json.loads(grid.plan_file.read_text())
    assert plan["runs"] == {spec.run_id: spec.as_dict}
    assert (plan["name"], plan["description"], plan["axes"]) == ("new", "why", ["loss"])
    assert [column["name"] for column in plan["columns"]] == ["is", "is_std"]


def test_runs_of_a_tuning_are_planned_too(tmp_path, tiny) -> None:
    grid, spec = GridStore(tmp_path / "g"), tiny()
    select = Select("fid", "final", "validation", "fid_validation", True)
    tuning = TuningPlan(
        2, (10**9,), (0,), select, Space({}, {}), {"none": ()},
        (Point("none", 0, {}, ("trial",)),), {"trial": {}},
    )  # fmt: skip
    grid.write_plan("g", {spec.run_id: spec.as_dict}, tuning=tuning)
    for name in (spec.run_id, "trial", "stray"):
        grid.run(name).create({})
    assert grid.unplanned() == ["stray"]
    assert grid.tuning() == tuning
    grid.write_plan("g", {spec.run_id: spec.as_dict})
    assert grid.tuning() is None
    assert grid.unplanned() == ["stray", "trial"]


@pytest.fixture
def old(tmp_path) -> tuple[GridStore, list[RunSpec]]:
    """A grid that schema 1 stored: two finished runs, named by the hash of every field."""
    folder = tmp_path / "old"
    shutil.copytree(SCHEMA_1, folder)
    grid = GridStore(folder)
    return grid, [from_stored(data) for data in grid.plan()["runs"].values()]


def test_runs_of_an_earlier_version_are_counted_and_no_more(old) -> None:
    grid, specs = old
    assert grid.recognise(specs) == 2
    assert grid.recognise(specs[:1]) == 1
    assert grid.recognise([replace(spec, steps=5) for spec in specs]) == 0
    assert not any(grid.run(spec.run_id).folder.exists() for spec in specs)
    grid.run("of-this-version").create(specs[0].as_dict)
    grid.run("of-nothing").folder.mkdir()
    assert grid.recognise(specs) == 2


def test_settings_of_metrics_come_along(old) -> None:
    _, specs = old
    (kid,) = [m for m in specs[0].evaluation.metrics if m.name == "kid"]
    assert (kid.subsets, kid.subset_size) == (20, 50)


def test_samples_and_scores_of_schema_1_can_be_made_again(old) -> None:
    grid, _ = old
    store = grid.run(list(grid.plan()["runs"])[1])
    _, data, step = samples(store, "evaluation", 100)
    assert (tuple(data.shape), step) == ((100, 1, 8, 8), 4)
    row, old_splits = rescore(store, {}, Options()), "ref-train-1438"
    splits = f"{old_splits}+validation-180+test-179"
    assert row["protocol"] == store.rows("scores")[-1]["protocol"].replace(old_splits, splits)
    assert row["fid"] == pytest.approx(store.rows("scores")[-1]["fid"], rel=0.05)


@pytest.mark.parametrize(
    "run_id",
    ["../x", "..", ".", "a/../b", "a/b", "/tmp/x", "a\\b", "", " ", "a b", "x\n", ".x", "x" * 201],
)
def test_an_id_that_is_no_name_of_a_run_s_folder_is_refused(tmp_path, run_id) -> None:
    with pytest.raises(StoreProblem, match=r"grid\.json: .* is no run id"):
        GridStore(tmp_path).run(run_id)


def test_ids_of_every_version_are_names_of_folders(old, tiny) -> None:
    grid, specs = old
    odd = tiny(method={"name": "spectral_norm", "n_power_iterations": 2})
    for run_id in (*grid.plan()["runs"], *(spec.run_id for spec in specs), odd.run_id):
        assert grid.run(run_id).folder == grid.runs_folder / run_id


def test_a_folder_of_runs_that_lies_elsewhere_is_refused(tmp_path) -> None:
    (tmp_path / "elsewhere" / "x").mkdir(parents=True)
    grid = GridStore(tmp_path / "g")
    grid.folder.mkdir()
    grid.runs_folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreProblem, match="runs: is a link"):
        grid.run("x")


def test_a_plan_carries_its_seal_and_an_edited_one_is_refused(tmp_path, tiny) -> None:
    grid, spec = GridStore(tmp_path / "g"), tiny()
    grid.write_plan("g", {spec.run_id: spec.as_dict})
    written = grid.plan_file.read_text()
    grid.plan_file.write_text(written.replace('"seed": 0', '"seed": 7'))
    for read in (grid.plan, grid.tuning, grid.unplanned):
        with pytest.raises(StoreProblem, match=r"grid\.json: changed since `bench run` wrote it"):
            read()
    grid.write_plan("g", {spec.run_id: spec.as_dict})
    assert grid.plan_file.read_text() == written, "the same plan is written anew"


def test_a_plan_of_a_version_without_seals_is_read(old) -> None:
    grid, specs = old
    assert "seal" not in json.loads(grid.plan_file.read_text())
    assert len(grid.plan()["runs"]) == len(specs) == 2


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/etc/hostname")])
def test_a_plan_that_is_no_file_of_the_folder_is_refused(tmp_path, make) -> None:
    make(tmp_path / "grid.json")
    with pytest.raises(StoreProblem, match=r"grid\.json: is .*holds nothing but its own files"):
        GridStore(tmp_path).plan()


def test_a_plan_that_another_command_does_not_let_go_is_not_changed(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("runners.store.grid.PLAN_PATIENCE", 0.05)
    store = GridStore(tmp_path / "g")
    refused = pytest.raises(StoreProblem, match="another command has been changing it for")
    with store.planning(), refused, store.planning():
        pass
    with store.planning():
        pass
