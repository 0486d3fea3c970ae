"""What goes into a bundle, and what keeps results out of one."""

from __future__ import annotations

import re
import shutil
import zipfile
from os.path import normpath
from pathlib import Path
from urllib.parse import unquote

import pytest
from bundles import console

from bench.bundle import archive
from bench.bundle.make import bundle
from runners.errors import UserProblem
from runners.store.grid import GridStore
from runners.store.imported import Origin, marked
from runners.store.run import RunStore


@pytest.fixture
def grid(stored: Path, tmp_path: Path) -> GridStore:
    """A copy of the results, to change."""
    return GridStore(Path(shutil.copytree(stored / "g", tmp_path / "g", copy_function=shutil.copy)))


def names(file: Path) -> list[str]:
    return zipfile.ZipFile(file).namelist()


def run_of(grid: GridStore, method: str) -> RunStore:
    return grid.run(next(i for i in grid.planned() if method in i))


def refused(grid: GridStore, out: Path) -> str:
    before = sorted(out.parent.iterdir()) if out.parent.is_dir() else None
    with pytest.raises(UserProblem) as problem:
        bundle(grid.folder, out, False, console())
    assert before is None or sorted(out.parent.iterdir()) == before
    return str(problem.value)


def test_a_copy_of_a_store_gives_the_same_bytes(stored, grid, tmp_path) -> None:
    grid.plan_file.touch()
    said = console()
    bundle(grid.folder, tmp_path / "again.zip", False, said)
    assert (tmp_path / "again.zip").read_bytes() == (stored / "g.zip").read_bytes()
    for words in ("g: 4 runs, 3 finished, 1 crashed", archive.digest_of(stored / "g.zip")):
        assert words in said.file.getvalue()  # pyright: ignore


def test_it_holds_plan_runs_and_report_but_no_checkpoint(stored, grid) -> None:
    there = names(stored / "g.zip")
    run = f"runs/{run_of(grid, 'clipping').run_id}"
    for name in ("grid.json", "bands.json", "report/index.html", "report/runs.csv",
                 f"{run}/scores.jsonl", f"{run}/done", f"{run}/proof.json", f"{run}/samples.npz",
                 f"{run}/samples/step-00000006.png"):  # fmt: skip
        assert name in there
    assert there[0] == "bundle.json"
    assert not [name for name in there if name.endswith(".pt") or "wandb" in name]


def test_all_links_of_its_pages_lead_into_it(stored) -> None:
    found = 0
    with zipfile.ZipFile(stored / "g.zip") as opened:
        for page in (name for name in opened.namelist() if name.endswith(".html")):
            text = opened.read(page).decode()
            links = re.findall(r'(?:href|src|"link")(?:=|: ?)"([^"#]+)', text)
            for link in (link for link in links if not link.startswith("data:")):
                assert normpath(f"{page}/../{unquote(link)}") in opened.namelist()
                found += 1
    assert found >= 2 * 4  # to every run's page, and back from it


@pytest.mark.slow
def test_checkpoints_come_along_where_they_are_asked_for(stored, grid, tmp_path) -> None:
    bundle(grid.folder, tmp_path / "c.zip", True, console())
    checkpoints = {name for name in names(tmp_path / "c.zip") if name.endswith(".pt")}
    assert len(checkpoints) == 3
    assert set(names(tmp_path / "c.zip")) == {*names(stored / "g.zip"), *checkpoints}


def test_runs_that_are_not_over_are_named_and_nothing_is_written(grid, tmp_path) -> None:
    run_of(grid, "none").done_file.unlink()
    shutil.rmtree(run_of(grid, "clipping").folder)
    said = refused(grid, tmp_path / "x.zip")
    assert f"{run_of(grid, 'none').folder}: unfinished" in said
    assert f"{run_of(grid, 'clipping').folder}: missing" in said


def test_a_damaged_run_is_named_and_nothing_is_written(grid, tmp_path) -> None:
    run_of(grid, "none").rows_file("scores").write_bytes(b"{}\n")
    assert "scores.jsonl: changed or damaged" in refused(grid, tmp_path / "x.zip")


def test_imported_runs_are_not_bundled(grid, tmp_path) -> None:
    plan = grid.plan()
    theirs = Origin("theirs.csv", "0" * 64, "csv")
    runs = {run_id: marked(spec, theirs) for run_id, spec in plan["runs"].items()}
    grid.write_plan(plan["name"], runs, plan["description"], plan["axes"], plan["columns"])
    said = refused(grid, tmp_path / "x.zip")
    assert "imported by `bench import` from theirs.csv (csv)" in said


def test_a_place_where_something_is_and_one_that_is_not_there_are_refused(grid, tmp_path) -> None:
    (tmp_path / "x.zip").write_text("mine")
    assert "is there already" in refused(grid, tmp_path / "x.zip")
    assert (tmp_path / "x.zip").read_text() == "mine"
    assert "is no folder" in refused(grid, tmp_path / "gone/x.zip")
