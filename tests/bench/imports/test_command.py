"""Imported runs are read by reports, and by nothing that would go on with them."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from bench import stored_runs
from bench.cli import app
from bench.grid import load as load_grid
from bench.imports.found import NAMED, run_name
from bench.merge import merge
from bench.plan import require_kept
from reports.load.loader import load
from reports.page.html import page
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


def test_nothing_goes_on_with_them(grid, tmp_path) -> None:
    run = grid.run(grid.folders()[0]).folder
    with pytest.raises(StoreProblem, match="cannot be sampled or scored again: imported by"):
        stored_runs.sample(run, 3, tmp_path / "samples", "npz")
    with pytest.raises(StoreProblem, match="cannot be sampled or scored again: imported by"):
        list(stored_runs.evaluate(grid.folder, {}, Options()))
    with pytest.raises(StoreProblem, match="cannot be merged: imported by"):
        merge([grid.folder], tmp_path / "merged", None, None)  # pyright: ignore
    (tmp_path / "grid.yaml").write_text(GRID)
    with pytest.raises(StoreProblem, match="no grid can be run there: imported by"):
        require_kept(load_grid(tmp_path / "grid.yaml"), grid, None)
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
        "n = 4 runs per method",
        "whatever the files do not say",
        "What real data FID were held against is not known",
    ):
        assert words in shown
    assert "sign-flip test of paired differences carries" not in shown


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


def test_a_folder_is_named_below_its_source_or_by_itself(tmp_path) -> None:
    run = tmp_path / "all" / "sn" / "seed_0"
    run.mkdir(parents=True)
    (run / "events").touch()
    assert run_name(run, tmp_path / "all") == "sn/seed_0"
    assert run_name(run, run) == run_name(run, run / "events") == "seed_0"
