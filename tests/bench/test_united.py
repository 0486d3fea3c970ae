"""Plans that are parts of one, more runs of it, or of another grid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench import grid as grids
from bench.plan import write_plan
from bench.tuned import planned as tuned_plan
from bench.united import planned, united, write
from runners.errors import UserProblem
from runners.store.grid import GridStore


def store(folder: Path, name: str = "smoke.yaml", winners: Any = None, **changes: Any) -> GridStore:
    """Return a folder with the plan of a built-in grid."""
    grid, made = grids.load(grids.find(name), grids.Overrides(**changes)), GridStore(folder)
    tuning = tuned_plan(grid.tuning, winners) if grid.tuning else None
    write_plan(grid, made, grid.specs, tuning)
    return made


def test_seeds_are_united_in_the_order_of_the_folders(tmp_path) -> None:
    whole = store(tmp_path / "whole", seeds="6").planned()
    parts = [store(tmp_path / s, seeds=s) for s in ("4,5", "0,1", "2,3")]
    plan = united(parts)
    assert sorted(plan["runs"]) == sorted(whole)
    assert list(plan["runs"]) == [i for part in parts for i in part.planned()]
    target = GridStore(tmp_path / "new")
    write(plan, target)
    assert target.planned() == list(plan["runs"])
    assert target.plan() == plan


def test_another_number_of_steps_is_other_runs_of_the_grid(tmp_path) -> None:
    one, other = store(tmp_path / "a"), store(tmp_path / "b", steps=20)
    assert list(united([one, other])["runs"]) == [*one.planned(), *other.planned()]


def test_columns_that_one_plan_alone_knows_stay_and_others_must_agree(tmp_path) -> None:
    one, other = store(tmp_path / "a"), store(tmp_path / "b")
    plan = other.plan()
    plan["columns"].append({"name": "odd", "title": "Odd"})
    other.write_plan(plan["name"], plan["runs"], plan["description"], plan["axes"], plan["columns"])
    assert [c["name"] for c in united([one, other])["columns"]][-1] == "odd"
    plan["columns"][0]["title"] = "Other"
    other.write_plan(plan["name"], plan["runs"], plan["description"], plan["axes"], plan["columns"])
    with pytest.raises(UserProblem, match=f"column {plan['columns'][0]['name']}: .*Other"):
        united([one, other])


def test_one_id_with_two_specs_is_refused(tmp_path) -> None:
    one, other = store(tmp_path / "a"), store(tmp_path / "b")
    plan = other.plan()
    run_id, spec = next(iter(plan["runs"].items()))
    plan["runs"][run_id] = spec | {"batch_size": 7}
    other.write_plan(plan["name"], plan["runs"], plan["description"], plan["axes"], plan["columns"])
    with pytest.raises(UserProblem, match=f"run {run_id}: "):
        united([one, other])


def test_parts_of_a_tuning_are_one_and_winners_of_one_part_are_kept(tmp_path) -> None:
    short = {"name": "tuned.yaml", "trials": 3, "steps": 10}
    tuning = grids.load(grids.find("tuned.yaml"), grids.Overrides()).tuning
    assert tuning
    chosen = dict.fromkeys(tuning.methods, 0)
    one, other = store(tmp_path / "a", **short), store(tmp_path / "b", **short)
    assert united([one, other]) == one.plan()
    won = store(tmp_path / "c", winners=chosen, **short)
    for plan in (united([one, won]), united([won, other])):
        assert plan == won.plan()
        assert len(planned(plan)) > len(plan["runs"])
    away = store(tmp_path / "d", winners=chosen | {next(iter(chosen)): 1}, **short)
    with pytest.raises(UserProblem, match=r"tuning\.winners: .*\n *tuning\.cells: "):
        united([won, away])


def test_other_trials_are_another_tuning(tmp_path) -> None:
    one = store(tmp_path / "a", "tuned.yaml", trials=3, steps=10)
    other = store(tmp_path / "b", "tuned.yaml", trials=4, steps=10)
    with pytest.raises(UserProblem, match=r"tuning\.trials: 3 in .*, 4 in "):
        united([one, other])
    with pytest.raises(UserProblem, match=r"name: .*\n(.*\n)*  tuning: null in "):
        united([store(tmp_path / "c"), one])


def test_plans_of_earlier_versions_alone_are_refused(tmp_path) -> None:
    made = store(tmp_path / "a")
    plan = made.plan()
    for spec in plan["runs"].values():
        del spec["schedule"]
    made.write_plan(plan["name"], plan["runs"])
    with pytest.raises(UserProblem, match="nothing but runs of an earlier version"):
        united([made])
