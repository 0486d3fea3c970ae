"""Imported runs are read by reports, and by nothing that would go on with them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner
from wandb_file import write

from bench import stored_runs
from bench.bundle.make import bundle
from bench.cli import app
from bench.grid import load as load_grid
from bench.imports.found import NAMED, run_name
from bench.merge import merge
from bench.plan import Former, require_kept
from bench.status import print_status
from reports.choice import Choice
from reports.load.loader import load
from reports.page.exports import planned
from reports.page.html import page
from reports.render import render
from reports.stats.numbers import compute
from runners.errors import StoreProblem, UserProblem
from runners.options import Options
from runners.store.grid import GridStore

GRID = """
name: imported
base: {dataset: digits, steps: 2}
methods: [none]
seeds: 1
"""


@pytest.fixture
def grid(tmp_path, imported) -> GridStore:
    """Two methods x four runs, one worse than the other in each seed."""
    rows = [f"{m},{s},9,{10 * (m == 'WC') + s}" for m in ("SN", "WC") for s in range(4)]
    (tmp_path / "runs.csv").write_text("\n".join(["method,seed,step,fid", *rows]) + "\n")
    return imported(tmp_path / "runs.csv")[0]


@pytest.fixture
def three(tmp_path, imported) -> GridStore:
    """Three methods x four runs with two scores."""
    rows = [
        f"{m},{s},9,{3 * n + s},{s}" for n, m in enumerate(("SN", "MID", "WC")) for s in range(4)
    ]
    (tmp_path / "runs.csv").write_text("\n".join(["method,seed,step,fid,is", *rows]) + "\n")
    return imported(tmp_path / "runs.csv")[0]


def test_nothing_goes_on_with_them(grid, tmp_path) -> None:
    run = grid.run(grid.folders()[0]).folder
    with pytest.raises(StoreProblem, match="cannot be sampled or scored again: imported by"):
        stored_runs.sample(run, 3, tmp_path / "samples", "npz")
    with pytest.raises(StoreProblem, match="cannot be sampled or scored again: imported by"):
        list(stored_runs.evaluate(grid.folder, {}, Options()))
    with pytest.raises(StoreProblem, match="cannot be merged: imported by"):
        merge([grid.folder], tmp_path / "merged", None, None)  # pyright: ignore
    with pytest.raises(StoreProblem, match="cannot be bundled: imported by"):
        bundle(grid.folder, tmp_path / "x.zip", False, Console())
    (tmp_path / "grid.yaml").write_text(GRID)
    for former in (None, *Former):
        with pytest.raises(UserProblem, match=r"can be run there: (imported by|it holds 8)"):
            require_kept(load_grid(tmp_path / "grid.yaml"), grid, former)
    assert next(iter(stored_runs.show(run))) == f"{run.name}: finished"


def test_they_are_compared_unpaired_and_the_page_says_what_is_not_known(grid) -> None:
    results = load(grid.folder)
    numbers = compute(results)
    (pair,) = numbers.pairs.to_dict("records")
    assert (numbers.family.test, numbers.family.paired) == ("Mann-Whitney", False)
    assert (pair["n_first"], pair["n_second"], pair["n_pairs"]) == (4, 4, 0)
    assert pair["p_holm"] == pair["p_mann_whitney"] == pytest.approx(2 / 70)
    assert pair["p_flip"] != pair["p_flip"]
    assert pair["difference_median"] != pair["difference_median"]
    shown = page(results, numbers, [])
    for words in (
        "Not a paired comparison.",
        "their initial weights, data order and seeds are not known",
        "no difference can be put down to the constraint",
        "8 of 8 imported runs finished;",
        "n = 4 runs per method",
        "whatever the files do not say",
        "What real data FID were held against is not known",
    ):
        assert words in shown
    assert "sign-flip test of paired differences carries" not in shown


def test_status_leaves_nothing_to_do_where_nothing_can_go_on(tmp_path, imported, capsys) -> None:
    (tmp_path / "runs.csv").write_text("method,seed,step,fid\nSN,0,9,1\nSN,1,5,1\n")
    print_status(imported(tmp_path / "runs.csv")[0])
    said = capsys.readouterr().out
    assert "nothing left to do" in said
    assert "1 finished, 1 stopped" in said


def test_options_of_a_report_know_them(three, monkeypatch) -> None:
    monkeypatch.setattr("reports.render.DRAWINGS", {})
    choice = Choice(metric="is", baseline="MID", methods=("SN", "MID"))
    listed = render(three.folder, choice=choice).with_name("tables") / "origins.csv"
    assert len(listed.read_text().splitlines()) == 1 + 2 * 4


@pytest.mark.slow
@pytest.mark.parametrize(
    "asked",
    [
        {"methods": ("SN", "MID")},
        {"baseline": "MID"},
        {"metric": "is"},
        {"style": "paper", "formats": ("png", "svg", "pdf")},
    ],
)
def test_every_option_of_a_report_draws_them(three, asked) -> None:
    folder = render(three.folder, choice=Choice(**asked)).parent
    listed = (folder / "tables" / "origins.csv").read_text().splitlines()
    assert len(listed) == 1 + 4 * len(asked.get("methods", "123"))
    assert bool(list((folder / "figures").glob("*.pdf"))) == ("formats" in asked)


def test_what_a_report_says_of_them_is_of_an_import(grid) -> None:
    results = load(grid.folder)
    assert results.when.startswith("imported 20")
    assert planned(results) == "n = 4 runs per method."
    text = grid.plan_file.read_text()
    grid.plan_file.write_text(text.replace('"seed": 3', '"seed": 4'))
    with pytest.raises(StoreProblem, match="changed since `bench import` wrote it; import the"):
        load(grid.folder)


def test_protocols_that_differ_are_to_be_imported_apart(tmp_path, imported) -> None:
    rows = "method,seed,step,fid,protocol\nSN,0,9,1,a\nWC,0,9,1,b\n"
    (tmp_path / "runs.csv").write_text(rows)
    grid, _ = imported(tmp_path / "runs.csv")
    with pytest.raises(UserProblem, match="import each group to a folder of its own"):
        load(grid.folder)


def test_an_imported_run_without_its_origin_is_no_run_of_the_suite(grid) -> None:
    plan = grid.plan()
    first = next(iter(plan["runs"]))
    del plan["runs"][first]["imported"]
    grid.write_plan(plan["name"], plan["runs"])
    with pytest.raises(StoreProblem, match=f"{first} has the name of an imported run"):
        load(grid.folder)


def test_an_edited_row_is_noticed(grid) -> None:
    file = grid.run(grid.folders()[0]).rows_file("scores")
    file.write_text(file.read_text().replace('"fid": 0', '"fid": 9'))
    states = load(grid.folder).runs["state"].value_counts()
    assert states["damaged"] == 1


def test_a_spec_of_another_run_is_refused(grid) -> None:
    plan = grid.plan()
    first, second = list(plan["runs"])[:2]
    plan["runs"][first] = plan["runs"][second]
    grid.write_plan(plan["name"], plan["runs"])
    with pytest.raises(StoreProblem, match=f"{first} holds another run's spec; import it again"):
        load(grid.folder)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("spectral_norm-s0", ("spectral_norm", "0")),
        ("sn/seed_3", ("sn", "3")),
        ("wgan-gp/12", ("wgan-gp", "12")),
        ("exp/sn_seed4", ("exp/sn", "4")),
        ("resnet50", None),
    ],
)
def test_usual_names_say_method_and_seed(name, found) -> None:
    matched = NAMED.fullmatch(name)
    assert (matched and (matched["method"], matched["seed"])) == found


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--map", "fid"], "--map fid: not NAME=COLUMN"),
        (["--map", "psnr=P"], "psnr is not known; a further score needs --lower psnr"),
        (["--map", "fid=A", "--map", "is=A"], "--map is=A: A was given before, to another name"),
        (["--lower", "fid"], "--lower, --higher: fid: its direction is known"),
        (["--pattern", "("], "--pattern (: missing"),
        (["--pattern", "x"], "lacks the groups (?P<method>...)"),
    ],
)
def test_options_that_say_nothing_are_named(tmp_path, options, said) -> None:
    arguments = ["import", str(tmp_path), "-o", str(tmp_path / "out"), *options]
    problem = CliRunner().invoke(app, arguments).exception
    assert isinstance(problem, UserProblem)
    assert said in str(problem)


def test_a_source_of_nothing_known_is_named(tmp_path, imported) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserProblem, match="empty: holds nothing that can be imported"):
        imported(tmp_path / "empty")
    with pytest.raises(UserProblem, match="gone: there is nothing of this name"):
        imported(tmp_path / "gone")


def test_what_of_a_source_is_not_read_is_said(tmp_path, imported) -> None:
    source = tmp_path / "all"
    write(source / "a" / "run.wandb", "SN-0", {}, [{"_step": 9, "fid": 1.0}])
    (source / "more.csv").write_text("method,seed,step,fid\nWC,0,9,2\n")
    (tmp_path / "elsewhere").mkdir()
    (source / "link").symlink_to(tmp_path / "elsewhere")
    (source / "latest-run").symlink_to(source / "a")
    _, said = imported(source)
    assert f"{source}: read are its .wandb files, not 1 .csv files, as {source}/more.csv" in said
    assert f"{source}/link: links out of {source} and is not followed" in said
    assert "latest-run" not in said
    assert "1 runs of SN" in said


def test_a_folder_that_cannot_be_read_is_refused(tmp_path, imported, monkeypatch) -> None:
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "runs.csv").write_text("method,seed,step,fid\nWC,0,9,2\n")
    hidden = tmp_path / "all" / "hidden"
    hidden.mkdir()
    scan = os.scandir

    def scandir(folder):  # as the system does for others than root, who may read everything
        if str(folder) == str(hidden):
            raise PermissionError(13, "Permission denied", str(folder))
        return scan(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(UserProblem, match="hidden: cannot be read: Permission denied"):
        imported(tmp_path / "all")


@pytest.mark.parametrize("name", ["x.csv", "x.wandb", "sn-0/events.out.tfevents.1", "sn-0/1.png"])
def test_what_would_block_is_not_opened(tmp_path, imported, name) -> None:
    pipe = tmp_path / "all" / name
    pipe.parent.mkdir(parents=True)
    os.mkfifo(pipe)
    for source in (tmp_path / "all", pipe):
        with pytest.raises(UserProblem, match=f"{pipe}: is a FIFO, not a regular file"):
            imported(source)


def test_a_name_that_cannot_be_printed_is_refused(tmp_path, imported, nothing_written) -> None:
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.csv"))
    file.write_text("method,seed,step,fid\nWC,0,9,2\n")
    with pytest.raises(UserProblem, match=r"udcff.csv': its name is no UTF-8"):
        imported(file)
    assert nothing_written()


def test_a_folder_is_named_below_its_source_or_by_itself(tmp_path) -> None:
    run = tmp_path / "all" / "sn" / "seed_0"
    run.mkdir(parents=True)
    (run / "events").touch()
    assert run_name(run, tmp_path / "all") == "sn/seed_0"
    assert run_name(run, run) == run_name(run, run / "events") == "seed_0"
