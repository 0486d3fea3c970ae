"""`bench report A B` and `--against` as they are typed: exit codes, and what is refused."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from bench.cli import app
from bench.compared import folders_of
from runners.errors import StoreProblem, UserProblem
from runners.store.grid import GridStore


@pytest.fixture
def grids(tiny, tmp_path):
    for name in ("old", "new", "third"):
        spec = tiny()
        GridStore(tmp_path / name).write_plan(name, {spec.run_id: spec.as_dict})
    return tmp_path


def test_the_first_is_what_others_are_held_against(grids) -> None:
    old, new, third = (grids / name for name in ("old", "new", "third"))
    assert folders_of([old, new, third], None, None) == [old, new, third]
    assert folders_of([new], old, "10%") == [old, new]
    assert folders_of([new], None, None) == [new]


def test_what_does_not_go_together_is_refused(grids) -> None:
    old, new, third = (grids / name for name in ("old", "new", "third"))
    with pytest.raises(UserProblem, match="--against: holds one grid against an older one"):
        folders_of([new, third], old, None)
    with pytest.raises(UserProblem, match="--margin: there is nothing to compare"):
        folders_of([new], None, "10%")
    with pytest.raises(StoreProblem, match="no results of a grid"):
        folders_of([new], grids / "nowhere", None)


@pytest.mark.parametrize(
    ("regressed", "options", "code"),
    [(True, ["--against"], 1), (False, ["--against"], 0), (True, [], 0)],
)
def test_only_a_regression_that_was_asked_for_ends_with_1(
    grids, monkeypatch, regressed, options, code
) -> None:
    done = SimpleNamespace(page="index.html", regressed=regressed, lines=["a verdict"])
    monkeypatch.setattr("reports.render_several.render_several", lambda *_: done)
    ran = CliRunner().invoke(app, ["report", str(grids / "new"), *options, str(grids / "old")])
    assert ran.exit_code == code
    assert ran.output == "a verdict\nreport: index.html\n"


def test_nothing_can_be_concluded_of_grids_without_scores(grids, monkeypatch) -> None:
    monkeypatch.setattr("reports.render_several.DRAWINGS", {})
    ran = CliRunner().invoke(app, ["report", str(grids / "new"), "--against", str(grids / "old")])
    assert ran.exit_code == 0, ran.exception
    assert ran.output.startswith("Nothing can be concluded: there is nothing that new and old")
    assert (grids / "compared/old_new/index.html").is_file()


def test_show_of_a_grid_prints_signatures(grids) -> None:
    ran = CliRunner().invoke(app, ["show", str(grids / "new")])
    assert (ran.exit_code, ran.output) == (0, "no run has been scored yet\n")
