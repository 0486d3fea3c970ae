"""Offline wandb folders: this suite's own, those of others, and damaged ones."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from reports.load.loader import load
from reports.stats.run_scores import run_scores
from reports.stats.summaries import score_summary, summary
from runners.errors import UserProblem
from runners.store.states import State


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    keys = [key for key in ("method", "seed", "step", "metric") if key in frame]
    kept = frame.drop(columns=[c for c in ("run_id",) if c in frame])
    return kept.sort_values(keys, kind="stable").reset_index(drop=True)


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


def test_the_origin_of_each_run_is_its_file(ours, imported) -> None:
    again, _ = imported(ours)
    origins = load(again.folder).origins
    files = {origin.file for origin in origins.values()}
    assert files == set(map(str, ours.rglob("*.wandb")))
    assert {origin.reader for origin in origins.values()} == {"wandb"}


def test_a_file_cut_off_anywhere_or_changed_is_named_and_nothing_is_written(
    ours, imported, tmp_path, nothing_written
) -> None:
    whole = next(ours.rglob("*.wandb")).read_bytes()
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
    ours, imported, tmp_path, nothing_written
) -> None:
    file = next(ours.rglob("*.wandb"))
    copy = tmp_path / "copy" / file.name
    copy.parent.mkdir()
    shutil.copy(file, copy)
    with pytest.raises(UserProblem) as problem:
        imported(file, copy)
    assert str(file) in str(problem.value)
    assert str(copy) in str(problem.value)
    assert nothing_written()


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs as others track theirs: one ends in NaN, one never ended."""
    import wandb

    folder = tmp_path_factory.mktemp("theirs")
    for method, seed in (("SN", 0), ("SN", 1), ("WC", 0)):
        run = wandb.init(
            mode="offline", dir=str(folder), project="theirs", reinit="finish_previous",
            config={"method": method, "train": {"seed": seed}}, name=f"{method}-{seed}",
            settings=wandb.Settings(silent=True, console="off"),
        )  # fmt: skip
        for step in (0, 50, 100):
            spoiled = step == 100 and (method, seed) == ("SN", 1)
            run.log({"eval/fid": math.nan if spoiled else 300.0 - step}, step=step)
        run.finish()
    wandb.teardown()  # only then all is on disk
    return folder


def test_runs_of_others_are_named_by_their_settings(theirs, imported) -> None:
    grid, said = imported(theirs, map=("seed=train.seed",))
    results = load(grid.folder)
    assert "guessed step=_step, fid=eval/fid" in said
    assert sorted(zip(results.runs["method"], results.runs["seed"], strict=True)) == [
        ("SN", 0), ("SN", 1), ("WC", 0),
    ]  # fmt: skip
    assert set(results.scores["protocol"]) == {"unknown protocol"}


def test_a_run_that_ends_in_nan_is_kept_as_a_failure(theirs, imported) -> None:
    grid, said = imported(theirs, map=("seed=train.seed",))
    runs = load(grid.folder).runs.set_index(["method", "seed"])
    assert runs.loc[("SN", 1), "state"] == State.DIVERGED
    assert "fid is nan at the end" in said
    final = run_scores(load(grid.folder)).set_index(["method", "seed"])
    assert final.loc[("SN", 1), "cost"] == math.inf
    assert final.loc[("SN", 0), "final"] == 200
