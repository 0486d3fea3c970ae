"""Results folders of one grid, made apart, as one folder: real runs of a few steps."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench import grid as grids
from bench.merge import merge
from bench.plan import write_plan
from reports.load.loader import load
from runners.errors import StoreProblem, UserProblem
from runners.files import read_json, write_json
from runners.options import Options
from runners.store.grid import GridStore
from runners.store.run import RunStore
from runners.train import train

GRID = """
name: g
base:
  dataset: digits
  model: {name: dcgan, width: 8, latent: 16}
  loss: nonsaturating
  optimizer: {name: adam, lr: 1e-3}
  steps: 10
  batch_size: 32
  evaluation: {every: 5, samples: 100}
  log_every: 2
  diagnostics_every: 10
methods: [none, weight_clipping]
seeds: 1
"""
MEASURED = ("metrics.jsonl", "scores.jsonl", "spectra.jsonl", "diagnostics.jsonl", "best.jsonl",
            "proof.json", "floor.json", "samples.npz", "spec.json")  # fmt: skip


def planned(folder: Path, text: str = GRID, **changes: Any) -> GridStore:
    """Return a results folder with its plan alone."""
    folder.mkdir(parents=True)
    file = folder.parent / f"{folder.name}.yaml"
    file.write_text(text)
    grid, store = grids.load(file, grids.Overrides(**changes)), GridStore(folder)
    write_plan(grid, store, grid.specs)
    return store


def made(store: GridStore, *methods: str, until: int = 10) -> GridStore:
    """Make the planned runs of some methods, or begin them."""
    from runners.spec import from_stored

    for run_id, data in store.plan()["runs"].items():
        if data["method"]["name"] in methods:
            run, spec = store.run(run_id), from_stored(data)
            run.create(spec.as_dict)

            def stop(run: RunStore = run) -> bool:
                row = run.last_row("timing")
                return until < 10 and row is not None and row["step"] >= until

            train(spec, run, Options(wandb="disabled"), stop)
    return store


@pytest.mark.parametrize("budget", [5, [], {}, {"seconds": "5"}, {"seconds": 0}])
def test_a_plan_whose_budget_is_no_number_is_refused(tmp_path: Path, budget: Any) -> None:
    store = planned(tmp_path / "odd")
    plan = store.plan()
    plan.pop("seal", None)
    write_json(store.plan_file, plan | {"budget": budget})
    with pytest.raises(StoreProblem, match=r"odd/grid.json: budget is no number of seconds"):
        merge([store.folder], tmp_path / "out", None, Console(quiet=True))
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole grid, and its two methods planned and run apart."""
    root = tmp_path_factory.mktemp("stored")
    made(planned(root / "whole"), "none", "weight_clipping")
    made(planned(root / "a", methods=("none",)), "none")
    made(planned(root / "b", methods=("weight_clipping",)), "weight_clipping")
    return root


@pytest.fixture
def root(stored: Path, tmp_path: Path) -> Path:
    """A copy of them, to change."""
    return Path(shutil.copytree(stored, tmp_path / "r"))


@pytest.fixture
def merged(root: Path) -> Callable[..., tuple[GridStore, str]]:
    """Merge folders by name: merged("a", "b") returns what is at g, and what was said."""

    def call(*names: str, prefer: str | None = None) -> tuple[GridStore, str]:
        console = Console(soft_wrap=True, file=io.StringIO())
        folders = [root / name for name in names]
        merge(folders, root / "g", root / prefer if prefer else None, console)
        return GridStore(root / "g"), console.file.getvalue()  # pyright: ignore

    return call


def numbers(grid: GridStore) -> dict[str, bytes]:
    runs = [grid.run(name) for name in grid.folders()]
    return {f"{r.run_id}/{n}": (r.folder / n).read_bytes() for r in runs for n in MEASURED}


def run_of(root: Path, name: str, method: str) -> RunStore:
    grid = GridStore(root / name)
    return next(grid.run(i) for i in grid.folders() if method in i)


def refused(root: Path, call: Callable[[], Any]) -> str:
    """Return why, once it is sure that nothing was left at the place or beside it."""
    before = sorted(file.name for file in root.iterdir())
    with pytest.raises(UserProblem) as problem:
        call()
    assert sorted(file.name for file in root.iterdir()) == before
    return str(problem.value)


def test_methods_run_apart_are_the_whole_grid(root, merged) -> None:
    grid, said = merged("a", "b")
    whole = GridStore(root / "whole")
    assert numbers(grid) == numbers(whole)
    assert grid.plan() == whole.plan()
    assert "g: 2 runs, 2 finished" in said
    results = load(grid.folder)
    assert results.methods == ["none", "weight_clipping"]
    assert not results.notes


def test_parts_of_one_plan_keep_it_to_the_byte(root, merged) -> None:
    for name, method in (("c", "none"), ("d", "weight_clipping")):
        shutil.copytree(root / "whole", root / name)
        shutil.rmtree(run_of(root, name, method).folder)
    grid, _ = merged("c", "d")
    assert grid.plan_file.read_bytes() == (root / "whole/grid.json").read_bytes()
    assert numbers(grid) == numbers(GridStore(root / "whole"))


def test_the_checkpoint_that_is_further_along_goes_on_to_the_same_bytes(root, merged) -> None:
    made(planned(root / "c"), "none", until=5)
    made(planned(root / "d"), "none", until=8)
    run_of(root, "d", "none").log_file.write_text("kept")
    (run_of(root, "d", "none").folder / ".status.json.1-0123abcd").write_text("cut off")
    grid, said = merged("c", "d", "b")
    assert "1 unfinished, 1 finished" in said
    assert run_of(root, "g", "none").log_file.read_text() == "kept"
    assert not list(run_of(root, "g", "none").folder.glob(".*"))
    made(grid, "none")
    assert numbers(grid) == numbers(GridStore(root / "whole"))


def test_an_ended_run_wins_over_an_unfinished_one(root, merged) -> None:
    made(planned(root / "c"), "none", until=8)
    grid, said = merged("c", "a", "b")
    assert "2 finished" in said
    assert numbers(grid) == numbers(GridStore(root / "whole"))


def test_later_scorings_are_kept_wherever_they_are(root, merged) -> None:
    row = {"step": 10, "protocol": "p", "fid": 1.0}
    run_of(root, "whole", "none").append_eval(row)
    merged("a", "whole")
    assert run_of(root, "g", "none").rows("evals") == [row]


def differs(root: Path, **ran: str) -> RunStore:
    """Change a score of a's run, as another processor would have, and seal it."""
    run = run_of(root, "a", "none")
    file = run.rows_file("scores")
    rows = run.rows("scores")
    rows[1]["fid"] = 1.5
    file.unlink()
    run.append("scores", rows)
    write_json(run.proof_file, run.proof() | ran)
    run.write_status(run.status())
    return run


def test_ended_runs_that_differ_are_refused_with_the_first_row(root, merged) -> None:
    run = differs(root, instructions="SSE")
    said = refused(root, lambda: merged("whole", "a"))
    known = run_of(root, "whole", "none")
    for words in (
        f"{run.run_id}: scores.jsonl, step 5: fid is ",
        f" and 1.5, in {root}/whole and {root}/a; processors of different instruction sets",
        f"they ran on instruction set {known.proof()['instructions']} and SSE",
        "--prefer FOLDER says whose are kept",
    ):
        assert words in said


def test_the_preferred_result_is_kept_and_told(root, merged) -> None:
    run = differs(root, instructions="SSE")
    grid, said = merged("whole", "a", prefer="a")
    assert "scores.jsonl, step 5: fid is" in said
    assert f"kept: {run.folder}" in said
    assert run_of(root, "g", "none").rows("scores")[1]["fid"] == 1.5
    shutil.rmtree(grid.folder)
    assert "none of the folders" in refused(root, lambda: merged("a", "b", prefer="whole"))


def test_what_the_same_machine_made_differently_is_no_matter_of_rounding(root, merged) -> None:
    differs(root)
    said = refused(root, lambda: merged("whole", "a"))
    assert "so one is wrong, and a third run tells which; they ran on the same machine" in said
    differs(root, host="other")
    said = refused(root, lambda: merged("whole", "a"))
    assert "so one is wrong, and a third run tells which; they ran on host " in said
    assert "instruction" not in said


def test_repeats_on_another_machine_with_the_same_numbers_are_one_run(root, merged) -> None:
    run = run_of(root, "a", "none")
    write_json(run.proof_file, run.proof() | {"python": "3.99"})
    run.write_status(run.status())
    assert "2 finished" in merged("whole", "a")[1]


def test_damaged_runs_are_named_and_nothing_is_merged(root, merged) -> None:
    for name, method in (("a", "none"), ("b", "weight_clipping")):
        run_of(root, name, method).rows_file("scores").write_bytes(b"{}\n")
    said = refused(root, lambda: merged("a", "b"))
    assert f"{run_of(root, 'a', 'none').rows_file('scores')}: changed or damaged" in said
    assert f"{run_of(root, 'b', 'weight_clipping').rows_file('scores')}: changed" in said


def test_a_plan_that_was_edited_is_refused(root, merged) -> None:
    file = root / "b/grid.json"
    file.write_text(file.read_text().replace('"name": "g"', '"name": "h"'))
    assert "changed since `bench run` wrote it" in refused(root, lambda: merged("a", "b"))


def test_every_difference_of_plans_is_named(root, merged) -> None:
    other = GRID.replace("name: g\n", "name: h\ndescription: others\n")
    planned(root / "c", other.replace("methods: [none, ", "axes: {loss: [hinge]}\nmethods: ["))
    said = refused(root, lambda: merged("a", "c"))
    for line in ('name: "g" in ', 'description: "" in', "axes: [] in "):
        assert line in said
    assert f'"h" in {root}/c/grid.json' in said


def test_runs_scored_under_another_protocol_are_refused(root, merged) -> None:
    run = run_of(root, "b", "weight_clipping")
    rows = [row | {"protocol": "mine"} for row in run.rows("scores")]
    run.rows_file("scores").unlink()
    run.append("scores", rows)
    run.write_status(run.status())
    said = refused(root, lambda: merged("a", "b"))
    assert f"  mine: {run.folder}" in said
    assert str(run_of(root, "a", "none").folder) in said


def test_runs_of_an_earlier_version_are_copied_and_planned_no_more(root, merged) -> None:
    run = run_of(root, "b", "weight_clipping")
    old = GridStore(root / "b").run("digits-old-s0-0123456789")
    data = run.spec()
    del data["schedule"]
    old.create(data)
    grid = GridStore(root / "b")
    grid.write_plan("g", {**grid.plan()["runs"], old.run_id: data}, axes=())
    merged_grid, said = merged("a", "b")
    assert f"planned no more: {old.run_id}" in said
    assert merged_grid.run(old.run_id).spec() == data
    assert len(merged_grid.planned()) == 2


def test_a_place_with_anything_in_it_is_refused(root, merged) -> None:
    (root / "g").mkdir()
    (root / "g/mine").touch()
    assert "is not empty" in refused(root, lambda: merged("a", "b"))
    (root / "g/mine").unlink()
    merged("a", "b")


def test_what_cannot_be_copied_leaves_nothing(root, merged) -> None:
    os.mkfifo(run_of(root, "b", "weight_clipping").folder / "pipe")
    assert "pipe: cannot be copied" in refused(root, lambda: merged("a", "b"))


def test_a_run_that_another_process_is_at_is_refused(root, merged) -> None:
    made(planned(root / "c"), "none", until=5)
    with run_of(root, "c", "none").lease():
        assert "is at this run" in refused(root, lambda: merged("c", "b"))
    merged("c", "b")


KILLED = """
import os, signal
from runners.store import copies
whole = copies.copy
def cut(run, target):
    whole(run, target)
    os.kill(os.getpid(), signal.SIGKILL)
copies.copy = cut
from bench.__main__ import main
main()
"""


def test_a_merge_that_was_killed_leaves_no_folder_and_is_repeated(root, merged) -> None:
    command = [sys.executable, "-c", KILLED, "merge", "a", "b", "-o", "g"]
    assert subprocess.run(command, cwd=root, check=False).returncode == -9
    assert not (root / "g").exists()
    merged("a", "b")
    assert numbers(GridStore(root / "g")) == numbers(GridStore(root / "whole"))
    assert not list(root.glob(".*"))


def test_a_missing_folder_is_told_as_by_every_command(root, merged) -> None:
    with pytest.raises(StoreProblem, match="no results of a grid"):
        merged("a", "nowhere")
    assert read_json(root / "a/grid.json")["name"] == "g"


@pytest.mark.slow
def test_two_commands_merged_go_on_as_one_command_would_have(tmp_path) -> None:
    (tmp_path / "grid.yaml").write_text(GRID.replace("seeds: 1", "seeds: 2"))

    def bench(*arguments: str) -> str:
        command = [sys.executable, "-m", "bench", *arguments]
        env = os.environ | {"NO_COLOR": "1"}
        done = subprocess.run(
            command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run = ("run", "--grid", "grid.yaml", "--wandb", "offline")
    bench(*run, "--out", "whole")
    bench(*run, "--out", "a", "--methods", "none")
    bench(*run, "--out", "b", "--methods", "weight_clipping", "--seeds", "1")
    begun = planned(tmp_path / "c", seeds="0,1", methods=("weight_clipping",))
    made(begun, "weight_clipping", until=5)
    assert "3 finished, 1 unfinished" in bench("merge", "a/g", "b/g", "c", "--out", "m/g")
    assert "4 runs, 3 done already" in bench(*run, "--out", "m")
    merged, whole = GridStore(tmp_path / "m/g"), GridStore(tmp_path / "whole/g")
    assert numbers(merged) == numbers(whole)
    assert merged.plan() == whole.plan()
    assert len(list(merged.runs_folder.glob("*/wandb/offline-run-*"))) == 4
    assert "nothing left to do" in bench(*run, "--out", "m")
    assert "report: m/g/report/index.html" in bench("report", "m/g")
