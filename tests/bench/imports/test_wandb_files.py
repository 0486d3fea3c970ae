"""Offline wandb folders: this suite's own, those of others, and damaged ones."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from wandb_file import write

from reports.load.loader import load
from reports.stats.run_scores import run_scores
from reports.stats.summaries import score_summary, summary
from runners.errors import UserProblem
from runners.store.states import State
from runners.tracking import PROJECT


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    keys = [key for key in ("method", "seed", "step", "metric") if key in frame]
    kept = frame.drop(columns=[c for c in ("run_id",) if c in frame])
    return kept.sort_values(keys, kind="stable").reset_index(drop=True)


@pytest.mark.slow
def test_our_runs_imported_again_have_the_same_scores_rows_and_tables(ours, imported) -> None:
    again, said = imported(ours)
    before, after = load(ours), load(again.folder)
    assert "4 finished" in said
    for name in ("scores", "metrics", "diagnostics"):
        assert_frame_equal(_sorted(getattr(before, name)), _sorted(getattr(after, name)))
    first, second = run_scores(before), run_scores(after)
    assert_frame_equal(_sorted(first), _sorted(second))
    known = before.columns.by_name
    medians = [_sorted(score_summary(one, known)) for one in (first, second)]
    assert_frame_equal(medians[0], medians[1])
    assert_frame_equal(_sorted(summary(before)), _sorted(summary(after)))
    assert (before.paired, after.paired) == (True, False)


@pytest.mark.slow
def test_what_wandb_itself_wrote_for_others_is_read(tmp_path, imported) -> None:
    import wandb

    run = wandb.init(
        mode="offline", dir=str(tmp_path / "theirs"), project="theirs", name="SN-0",
        config={"method": "SN", "train": {"seed": 3}},
        settings=wandb.Settings(silent=True, console="off"),
    )  # fmt: skip
    run.log({"eval/fid": 300.0}, step=0)
    run.log({"eval/fid": 200.0}, step=100)
    run.finish()
    wandb.teardown()  # only then all is on disk
    grid, said = imported(tmp_path / "theirs", map=("seed=train.seed",))
    results = load(grid.folder)
    assert "guessed step=_step, fid=eval/fid" in said
    assert results.runs[["method", "seed", "state"]].values.tolist() == [["SN", 3, "finished"]]
    assert results.scores["fid"].tolist() == [300, 200]


CONFIG = {"method": "SN", ("train", "seed"): 0}
HISTORY = tuple({"_step": step, "eval/fid": 300.0 - step} for step in (0, 50, 100))
SEED = ("seed=train.seed",)


@pytest.fixture
def theirs(tmp_path) -> Path:
    """Three runs as others track theirs, one of which ends in NaN."""
    folder = tmp_path / "theirs"
    for method, seed in (("SN", 0), ("SN", 1), ("WC", 0)):
        rows = [*HISTORY]
        if (method, seed) == ("SN", 1):
            rows[-1] = {"_step": 100, "eval/fid": b"NaN"}
        name = f"{method}-{seed}"
        config = {"method": method, ("train", "seed"): seed, "note": "x" * 40_000}
        write(folder / name / f"run-{name}.wandb", name, config, rows)
    return folder


@pytest.fixture
def odd(tmp_path):
    """Write one run, some of it changed: odd(config=..., history=..., ...)."""

    def made(config=CONFIG, history=HISTORY, name="SN-0", **more) -> Path:
        return write(tmp_path / "odd" / "run.wandb", name, config, history, **more)

    return made


def test_the_origin_of_each_run_is_its_file(theirs, imported) -> None:
    again, _ = imported(theirs, map=SEED)
    origins = load(again.folder).origins
    files = {origin.file for origin in origins.values()}
    assert files == set(map(str, theirs.rglob("*.wandb")))
    assert {origin.reader for origin in origins.values()} == {"wandb"}


def test_a_file_cut_off_anywhere_or_changed_is_named_and_nothing_is_written(
    theirs, imported, tmp_path, nothing_written
) -> None:
    whole = next(theirs.rglob("*.wandb")).read_bytes()
    file = tmp_path / "cut.wandb"
    for size in (0, 3, 7, 9, 40, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:size])
        with pytest.raises(UserProblem, match=r"cut\.wandb: (cut off|not a file|names no run)"):
            imported(file)
    flipped = bytearray(whole)
    flipped[len(whole) // 3] ^= 1
    file.write_bytes(flipped)
    with pytest.raises(UserProblem, match=r"cut\.wandb: damaged at byte [0-9]+: .* checksum"):
        imported(file)
    assert nothing_written()


def test_a_run_that_stands_in_two_folders_is_refused_with_both(
    theirs, imported, tmp_path, nothing_written
) -> None:
    file = next(theirs.rglob("*.wandb"))
    copy = tmp_path / "copy" / file.name
    copy.parent.mkdir()
    shutil.copy(file, copy)
    with pytest.raises(UserProblem) as problem:
        imported(file, copy, map=SEED)
    assert str(file) in str(problem.value)
    assert str(copy) in str(problem.value)
    assert nothing_written()


def test_runs_of_others_are_named_by_their_settings(theirs, imported) -> None:
    grid, said = imported(theirs, map=SEED)
    results = load(grid.folder)
    assert "guessed step=_step, fid=eval/fid" in said
    assert sorted(zip(results.runs["method"], results.runs["seed"], strict=True)) == [
        ("SN", 0), ("SN", 1), ("WC", 0),
    ]  # fmt: skip
    assert set(results.scores["protocol"]) == {"unknown protocol"}


def test_a_run_that_ends_in_nan_is_kept_as_a_failure(theirs, imported) -> None:
    grid, said = imported(theirs, map=SEED)
    runs = load(grid.folder).runs.set_index(["method", "seed"])
    assert runs.loc[("SN", 1), "state"] == State.DIVERGED
    assert "fid is nan at the end" in said
    final = run_scores(load(grid.folder)).set_index(["method", "seed"])
    assert final.loc[("SN", 1), "cost"] == math.inf
    assert final.loc[("SN", 0), "final"] == 200


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"history": [{("a",) * 3000: 1.0, **HISTORY[0]}]}, "more than 50 levels are nested"),
        ({"config": {**CONFIG, "deep": b'{"a":' * 60 + b"1" + b"}" * 60}}, "more than 50 levels"),
        ({"config": {**CONFIG, "method": "\ud800"}}, "method cannot be read: 'utf-8' codec"),
        ({"config": {}, "name": "-" * 100_000}, "has over 500 characters"),
    ],
)
def test_what_nothing_could_write_is_named(odd, imported, nothing_written, changes, said) -> None:
    with pytest.raises(UserProblem, match=r"run\.wandb") as problem:
        imported(odd(**changes))
    assert said in str(problem.value)
    assert nothing_written()


def test_a_score_that_stops_before_the_losses_is_no_final_one(theirs, odd, imported) -> None:
    rows = [{**row, "loss_d": 0.5} for row in HISTORY]
    del rows[-1]["eval/fid"]
    late = odd(config={"method": "GP", ("train", "seed"): 0}, history=rows)
    grid, said = imported(theirs, late, map=SEED)
    assert f"{late}: unfinished: its last score is of step 50, and others have one of 100" in said
    final = run_scores(load(grid.folder)).set_index("method")
    assert math.isnan(final.loc["GP", "cost"])


def test_a_protocol_that_is_null_is_unknown(odd, imported) -> None:
    rows = [{**row, "protocol": None} for row in HISTORY]
    grid, _ = imported(odd(history=rows), map=SEED)
    assert set(load(grid.folder).scores["protocol"]) == {"unknown protocol"}


def test_a_run_of_ours_has_counts_where_wandb_has_text(odd, imported, tiny) -> None:
    spec = tiny(steps=2).as_dict | {"seed": "3", "steps": 2.0}
    row = {"_step": 2, "fid": 3.0, "protocol": "p"}
    summary = {"state": "FINISHED", "step": 2}
    grid, _ = imported(odd(config=spec, history=[row], project=PROJECT, summary=summary))
    runs = load(grid.folder).runs
    assert runs[["seed", "steps", "state"]].values.tolist() == [[3, 2, "finished"]]


def test_variants_of_a_plugins_method_stay_apart(tmp_path, imported, tiny) -> None:
    files = []
    for c in (1, 2):
        spec = tiny(steps=2).as_dict | {"method": {"name": "mine", "c": c}}
        row = {"_step": 2, "fid": float(c), "protocol": "p"}
        files.append(write(tmp_path / f"{c}.wandb", "mine-0", spec, [row], project=PROJECT,
                           summary={"state": "FINISHED", "step": 2}))  # fmt: skip
    results = load(imported(*files)[0].folder)
    assert results.methods == ["mine(c=1)", "mine(c=2)"]
    assert results.tuned == ()
    assert not [note for note in results.notes if "bench run" in note]
