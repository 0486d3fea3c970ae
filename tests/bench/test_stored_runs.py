"""Commands on finished runs, and the listing of choices."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bench.cli import app
from bench.registries import KINDS
from runners.engines import ENGINES
from runners.errors import UserProblem
from runners.lipschitz import METHODS
from runners.store.grid import GridStore
from runners.store.states import State, Status

SCHEMA_1 = Path(__file__).parents[1] / "stores" / "schema-1"


def _invoke(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_list_has_a_line_for_every_entry() -> None:
    lines = _invoke("list", "methods").splitlines()
    assert [line.split()[0] for line in lines] == list(METHODS)
    lines = _invoke("list", "engines").splitlines()
    width = max(map(len, ENGINES))
    assert lines == [f"{name:{width}}  {entry.summary}" for name, entry in ENGINES.items()]
    everything = _invoke("list")
    assert all(f"{kind}:" in everything for kind in KINDS)
    with pytest.raises(UserProblem, match="choices: methods, losses"):
        _invoke("list", "colours")


def test_list_imports_no_torch() -> None:
    code = "from bench.registries import listing; listing(None)"
    code += "; import sys; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_show_sample_and_eval_a_finished_run(tiny, trained, tmp_path) -> None:
    run = trained(tiny()).folder
    shown = _invoke("show", run)
    assert "finished" in shown
    assert '"name": "none"' in shown
    assert "10 samples" in _invoke("sample", run, "--n", "10", "--out", tmp_path / "png")
    assert len(list((tmp_path / "png").glob("*.png"))) == 10
    _invoke("sample", run, "--n", "7", "--out", tmp_path / "npz", "--format", "npz")
    with np.load(tmp_path / "npz" / "samples.npz") as arrays:
        assert arrays["images"].shape == (7, 1, 8, 8)
    assert "precision" in _invoke("eval", run, "--metrics", "prc", "--samples", "150")
    assert "gen-150" in _invoke("show", run)


@pytest.mark.slow
def test_runs_of_an_earlier_version_are_shown_sampled_scored_and_reported(tmp_path) -> None:
    old = tmp_path / "old"
    shutil.copytree(SCHEMA_1, old)
    for run in sorted((old / "runs").iterdir()):
        assert "finished" in _invoke("show", run)
        assert "3 samples" in _invoke("sample", run, "--n", "3", "--out", tmp_path / run.name)
    assert _invoke("eval", old, "--samples", "150").count("gen-150") == 2
    assert "index.html" in _invoke("report", old)
    page = (old / "report" / "index.html").read_text()
    assert "2 of 2 planned runs finished" in page
    assert 'id="best-again"' not in page


def test_a_grid_in_which_no_run_finished_says_what_became_of_them(tiny, tmp_path) -> None:
    store, specs = GridStore(tmp_path), [tiny(seed=seed) for seed in range(3)]
    store.write_plan("g", {spec.run_id: spec.as_dict for spec in specs})
    for spec in specs[1:]:
        store.run(spec.run_id).create(spec.as_dict)
        store.run(spec.run_id).write_status(Status(State.DIVERGED, 2))
    with pytest.raises(UserProblem, match="no run is finished: 1 missing, 2 diverged"):
        _invoke("eval", tmp_path)


def test_a_metric_given_twice_is_refused_before_any_scoring(tmp_path) -> None:
    with pytest.raises(UserProblem, match="--metrics fid: given twice"):
        _invoke("eval", tmp_path, "--metrics", "fid,is,fid")


def test_an_unknown_metric_is_a_message(tiny, trained) -> None:
    with pytest.raises(UserProblem, match="unknown name 'fdi'"):
        _invoke("eval", trained(tiny()).folder, "--metrics", "fdi")


def _edit_score(run: Path) -> None:
    file = run / "scores.jsonl"
    file.write_text(re.sub(r'"fid": [0-9.]+', '"fid": 0.01', file.read_text()))


def _copy_of_another(run: Path, other: Path) -> None:
    shutil.rmtree(run)
    shutil.copytree(other, run)


def test_a_changed_or_foreign_run_is_named_and_shows_no_number(tiny, trained) -> None:
    runs = [trained(tiny(seed=seed)).folder for seed in (5, 6, 7)]
    _edit_score(runs[0])
    _copy_of_another(runs[1], runs[2])
    for run, reason in ((runs[0], "changed or damaged"), (runs[1], "not the spec that")):
        shown = _invoke("show", run)
        assert "damaged, none of its numbers are shown" in shown
        assert reason in shown
        assert "scores:" not in shown
        for command in (("eval", run), ("sample", run, "--n", "1", "--out", run / "new")):
            with pytest.raises(UserProblem, match=reason):
                _invoke(*command)
        assert not (run / "new").exists()
        assert not (run / "evals.jsonl").exists()


def test_eval_of_a_grid_scores_the_sound_runs_and_names_the_damaged(tiny, trained) -> None:
    specs = [tiny(seed=seed) for seed in (8, 9)]
    stores = [trained(spec, folder="g/runs") for spec in specs]
    grid = GridStore(stores[0].folder.parent.parent)
    grid.write_plan("g", {spec.run_id: spec.as_dict for spec in specs})
    _edit_score(stores[0].folder)
    result = CliRunner().invoke(app, ["eval", str(grid.folder), "--samples", "150"])
    assert isinstance(result.exception, UserProblem)
    assert f"damaged, not scored: {stores[0].folder}" in str(result.exception)
    assert specs[1].run_id in result.output
    assert [bool(store.rows("evals")) for store in stores] == [False, True]


@pytest.mark.parametrize("command", ["report", "show", "eval"])
def test_what_is_no_results_folder_is_said_with_what_one_looks_like(command, tmp_path) -> None:
    for folder in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(UserProblem, match=r"results/<grid>"):
            _invoke(command, folder)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "grid.json").write_text("{}")
    if command != "show":
        with pytest.raises(UserProblem, match=rf"in it are {tmp_path}/a"):
            _invoke(command, tmp_path)
