"""A grid's folder: its plan, its runs, and the newest of several."""

from __future__ import annotations

import json
import os

import pytest

from runners.errors import StoreProblem
from runners.results import GridStore, newest_results


def test_newest_results_and_unplanned_runs(tmp_path) -> None:
    with pytest.raises(StoreProblem, match="bench run"):
        newest_results(tmp_path)
    for age, name in enumerate(("old", "new")):
        GridStore(tmp_path / name).write_plan(name, {"a": {}})
        os.utime(tmp_path / name / "grid.json", (age, age))
    assert newest_results(tmp_path).name == "new"
    grid = GridStore(tmp_path / "new")
    grid.run("b").create({})
    assert grid.unplanned() == ["b"]
    assert json.loads(grid.plan_file.read_text()) == {
        "name": "new",
        "description": "",
        "axes": [],
        "runs": {"a": {}},
    }


def test_the_plan_holds_description_and_axes(tmp_path) -> None:
    grid = GridStore(tmp_path)
    grid.write_plan("g", {"a": {}}, "two words", ("loss", "model.width"))
    assert grid.plan() == {
        "name": "g",
        "description": "two words",
        "axes": ["loss", "model.width"],
        "runs": {"a": {}},
    }


def test_plans_without_description_and_axes_are_read(tmp_path) -> None:
    grid = GridStore(tmp_path)
    grid.plan_file.write_text('{"name": "old", "runs": {}}')
    assert grid.plan() == {"name": "old", "description": "", "axes": [], "runs": {}}
