"""CSV files: columns guessed and named, runs told apart, and every fault with its line."""

from __future__ import annotations

import pytest

from reports.load.loader import load
from reports.stats.numbers import compute
from runners.errors import UserProblem
from runners.store.states import State

HEAD = "method,seed,step,fid,is"
ROWS = ("SN,0,0,300,1", "SN,0,100,20,2", "WC,0,0,300,1", "WC,0,100,40,1.5")


@pytest.fixture
def csv(tmp_path):
    """Write a CSV file: csv(header, *rows)."""

    def write(header: str = HEAD, *rows: str, name: str = "runs.csv"):
        file = tmp_path / name
        file.write_text("\n".join((header, *(rows or ROWS))) + "\n")
        return file

    return write


def test_obvious_columns_are_guessed_and_told(csv, imported) -> None:
    file = csv("Constraint,seed,global_step,eval/FID,d_loss,note",
               "SN,0,0,300,.5,a", "SN,0,100,20,.4,b")  # fmt: skip
    grid, said = imported(file)
    guessed = "guessed method=Constraint, step=global_step, fid=eval/FID, loss_d=d_loss"
    assert f"{file}: {guessed}; --map NAME=COLUMN says otherwise\n" in said
    assert f"{file}: not imported: note\n" in said
    results = load(grid.folder)
    assert results.scores["fid"].tolist() == [300, 20]
    assert results.metrics["loss_d"].tolist() == [0.5, 0.4]


def test_a_score_the_suite_does_not_know_needs_its_direction(csv, imported) -> None:
    file = csv("method,seed,step,LPIPS", "SN,0,10,.2", "WC,0,10,.3")
    with pytest.raises(UserProblem, match="no column is a score the suite knows"):
        imported(file)
    grid, _ = imported(file, map=("lpips=LPIPS",), lower=("lpips",))
    (score,) = load(grid.folder).score_columns
    assert (score.column, score.lower_is_better) == ("lpips", True)


def test_runs_without_seeds_are_numbered_and_that_is_said(csv, imported) -> None:
    file = csv("method,run,step,fid", "SN,a,10,3", "SN,b,10,4", "WC,c,10,5")
    grid, said = imported(file)
    assert "no column is the seed; runs of a method are numbered" in said
    assert load(grid.folder).runs["seed"].tolist() == [0, 1, 0]


def test_failures_are_kept_and_a_gap_is_no_failure(csv, imported) -> None:
    file = csv(HEAD, *ROWS, "SN,1,0,300,1", "SN,1,60,nan,inf", "SN,2,0,300,1", "SN,2,50,nan,2",
               "SN,2,100,30,2", "WC,1,0,300,1")  # fmt: skip
    grid, said = imported(file)
    runs = load(grid.folder).runs.set_index(["method", "seed"])
    assert runs.loc[("SN", 1), "state"] == State.DIVERGED
    assert runs.loc[("SN", 1), "step"] == 60
    assert f"is is inf at the end, in {file}:7" in runs.loc[("SN", 1), "reason"]
    assert runs.loc[("SN", 2), "state"] == State.FINISHED
    assert runs.loc[("WC", 1), "state"] == State.UNFINISHED
    assert "1 numbers are not finite though later ones are: kept as missing" in said


def test_a_run_whose_score_stops_before_those_of_others_has_no_final_one(csv, imported) -> None:
    rows = [
        f"{method},{seed},{step},{fid},.5"
        for method, last in (("SN", 30), ("WC", ""))
        for seed in range(4)
        for step, fid in ((0, 300), (50, 20 + seed), (100, last))
    ]
    grid, said = imported(csv("method,seed,step,fid,d_loss", *rows))
    results = load(grid.folder)
    states = results.runs.groupby("method", observed=True)["state"].unique()
    assert (states["SN"].tolist(), states["WC"].tolist()) == (["finished"], ["unfinished"])
    assert said.count("unfinished: its last score is of step 50, and others have one of 100") == 4
    assert compute(results).pairs.empty, "nothing is claimed"


def test_scores_of_datasets_apart_may_end_apart(csv, imported) -> None:
    rows = ("SN,0,9,3,digits", "SN,0,50,2,digits", "WC,0,9,3,digits", "WC,0,50,2,digits",
            "SN,0,9,3,mnist", "WC,0,9,3,mnist")  # fmt: skip
    grid, _ = imported(csv("method,seed,step,fid,dataset", *rows))
    assert set(load(grid.folder).runs["state"]) == {"finished"}


@pytest.mark.parametrize(
    ("rows", "theirs"),
    [(("SN,0,9,3,,.1", "WC,0,9,,,.1"), "none"), (("SN,0,9,3,,.1", "WC,0,9,3,2,.1"), "is, fid")],
)
def test_finished_runs_that_lack_scores_of_others_are_refused_with_both(
    csv, imported, nothing_written, rows, theirs
) -> None:
    file = csv("method,seed,step,fid,is,d_loss", *rows)
    with pytest.raises(UserProblem) as problem:
        imported(file)
    told = f"{file} (WC, seed 0): its scores are {theirs}, and those of {file} (SN, seed 0) are fid"
    assert str(problem.value).startswith(told)
    assert nothing_written()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (("SN,0,0,300,1", ",0,100,20,2"), ":3: method is missing, so its run is not known"),
        (("SN,0,,300,1",), ":2: step is missing"),
        (("SN,0,nan,300,1",), ":2: step is 'nan', not a whole number"),
        (("SN,0,1.5,300,1",), ":2: step is '1.5', not a whole number"),
        (("SN,-1,0,300,1",), ":2: seed is '-1', not a whole number"),
        (("SN,0,0,300,1", "SN,0,9,,2"), ":3: fid is missing, while is is 2;"),
        (("SN,0,0,three,1",), ":2: fid is 'three', not a number"),
        (("SN,0,0,300",), ":2: 4 cells, but the header names 5"),
        (("SN,0,5,300,1", "SN,0,9,1,1", "SN,0,5,2,1"), ":4: step 5 of SN, seed 0 stands there"),
        (('SN,0,0,"300,1',), "cannot be read as CSV: unexpected end of data"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(
    csv, imported, nothing_written, rows, said
) -> None:  # fmt: skip
    file = csv(HEAD, *rows)
    with pytest.raises(UserProblem) as problem:
        imported(file)
    assert str(problem.value).startswith(str(file))
    assert said in str(problem.value)
    assert nothing_written()


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("name,seed,step,fid,is", ":1: no column is the method; name it: --map method=COLUMN"),
        ("method,seed,step,fid,fid", ":1: column 'fid' stands there twice"),
        ("method,seed,step,train/fid,test/fid", "train/fid and test/fid may both be fid; choose"),
    ],
)
def test_what_is_wrong_with_a_header_is_named(csv, imported, header, said) -> None:
    with pytest.raises(UserProblem) as problem:
        imported(csv(header))
    assert said in str(problem.value)


def test_a_column_that_is_not_there_is_named_with_those_that_are(csv, imported) -> None:
    with pytest.raises(UserProblem, match="--map fid=FID: no such column; there are method, seed"):
        imported(csv(), map=("fid=FID",))


def test_two_files_with_a_run_of_one_name_are_refused_with_both(csv, imported) -> None:
    files = csv(), csv(name="again.csv")
    with pytest.raises(UserProblem) as problem:
        imported(*files)
    assert all(f"{file} (SN, seed 0)" in str(problem.value) for file in files)
