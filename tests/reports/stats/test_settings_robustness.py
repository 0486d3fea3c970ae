"""Methods over optimiser settings: where cells stand, medians, failures, shares of runs."""

import math

import numpy as np
import pandas as pd
import pytest

from reports.figures.settings_heat_map import SETTINGS_HEAT_MAP, cell_text
from reports.load.loader import load
from reports.page.sections import SECTIONS
from reports.stats.numbers import compute
from reports.stats.run_scores import run_scores
from reports.stats.settings_robustness import best_share, setting_places, setting_shares
from reports.tables.setting_medians import REACHED_BY, medians_table, reached_table
from runners.store.states import State

ADAM = {"name": "adam", "beta1": 0.5, "beta2": 0.999}


@pytest.fixture(scope="module")
def rates(write_grid, make_spec):
    """Two rates x two sizes of the training data."""
    specs = [
        make_spec("none", seed, optimizer=ADAM | {"lr": rate},
                  dataset={"name": "digits", "train_size": size})
        for rate in (1e-3, 1e-4) for size in (200, None) for seed in range(2)
    ]  # fmt: skip
    states = {("none", seed): State.MISSING for seed in range(2)}
    return load(
        write_grid(specs, "rates", states=states, axes=("optimizer.lr", "dataset.train_size"))
    )


def test_cells_are_settings_only_where_an_axis_sweeps_the_optimiser(swept, rates, mixed, tuned):
    assert setting_places(swept).to_dict("records") == [
        {"cell": f"setting={name}", "setting": name, "rest": ""} for name in "AD"
    ]
    places = setting_places(rates)
    assert list(places["setting"]) == ["lr=0.001"] * 2 + ["lr=0.0001"] * 2
    assert list(places["rest"]) == ["train_size=200", "train_size=none"] * 2
    assert setting_places(mixed).empty
    assert setting_places(tuned).empty


def test_a_setting_has_the_median_of_its_runs_and_failed_runs_are_counted(swept, numbers_of):
    rows = numbers_of(swept).setting_medians.set_index(["setting", "method"])
    none, failed = rows.loc[("A", "none")], rows.loc[("D", "spectral_norm")]
    values = numbers_of(swept).scores
    finished = values[(values["cell"] == "setting=A") & (values["method"] == "none")]["final"]
    assert none["ranked_median"] == finished.max()  # of three, of which one diverged
    assert (none["final_n"], none["n_planned"], none["failed"]) == (2, 3, 1)
    assert not none["all_failed"]
    assert math.isinf(failed["ranked_median"])
    assert (failed["final_n"], failed["failed"]) == (0, 3)
    assert failed["all_failed"]


def test_the_tables_say_what_failed(swept, numbers_of):
    medians = medians_table(swept, numbers_of(swept)).to_dict("records")
    assert {row["failed"] for row in medians if row["method"] == "spectral_norm"} == {"3"}
    assert {row["finished"] for row in medians if row["method"] == "none"} == {"2 of 3"}
    reached = reached_table(swept, numbers_of(swept)).set_index("method")
    header = "FID digits-cnn \N{DOWNWARDS ARROW}"
    assert reached.loc["none", "finished"] == "4 of 6"
    assert reached.loc["none", f"{header} reached by 75% of runs"] == "failed"
    assert reached.loc["none", f"{header} reached by 50% of runs"] == "35.3"
    assert set(reached.loc["spectral_norm"][:5]) == {"failed"}


def test_a_cell_whose_runs_all_crashed_says_the_same_in_picture_and_table(write_grid, make_spec):
    optimisers = ({"optimizer": ADAM | {"lr": rate}} for rate in (1e-3, 1e-4))
    specs = [make_spec(m, 0, **one) for one in optimisers for m in ("none", "spectral_norm")]
    states = {("spectral_norm", 0): State.CRASHED}
    results = load(write_grid(specs, states=states, axes=("optimizer.lr",)))
    numbers = compute(results)
    table = medians_table(results, numbers).to_dict("records")
    said = {row["method"]: row["median, diverged runs worst"] for row in table}
    assert said["spectral_norm"] == "fail"
    drawn = {row["method"]: cell_text(row) for row in numbers.setting_medians.to_dict("records")}
    assert drawn == {method: f"{text}\n{int(method == 'none')}/1" for method, text in said.items()}
    worst = reached_table(results, numbers).filter(like="worst setting").squeeze()
    assert worst.iloc[1] == "–"
    assert "all crashed, or have no result yet, has none and is left out" in REACHED_BY.explanation


def test_settings_are_named_where_they_are_drawn():
    (section,) = (section for section in SECTIONS if section.anchor == "robustness")
    assert "Settings A to F" not in section.explanation
    assert "Settings A to F" in SETTINGS_HEAT_MAP.explanation


def test_shares_are_of_all_runs_and_range_over_seeds():
    scores = pd.DataFrame(
        [("A", 0, 1.0), ("A", 1, 3.0), ("B", 0, 2.0), ("B", 1, math.inf), ("B", 2, math.nan)],
        columns=["cell", "seed", "cost"],
    ).assign(method=pd.Categorical(["none"] * 5))
    places = pd.DataFrame({"cell": ["A", "B"], "setting": ["A", "B"], "rest": ""})
    shares = setting_shares(scores, places)
    assert list(shares["threshold"]) == [1, 2, 3]
    assert list(shares["k"]) == [1, 2, 3]
    assert set(shares["n"]) == {4}  # what crashed has no rank
    np.testing.assert_allclose(shares["low"], [0, 0, 0.5])
    np.testing.assert_allclose(shares["high"], [0.5, 1, 1])
    assert [best_share(shares, share) for share in (0.25, 0.5, 0.75, 0.8)] == [1, 2, 3, math.inf]
    assert math.isnan(best_share(shares[:0], 0.5))


def test_shares_of_a_score_where_higher_is_better_count_the_same_runs(swept):
    places = setting_places(swept)
    by_column = run_scores(swept).groupby("metric")
    fid, score = (setting_shares(by_column.get_group(name), places) for name in ("fid", "is"))
    ends = [rows.groupby("method", observed=True)["k"].max().to_dict() for rows in (fid, score)]
    assert ends[0] == ends[1]
    assert (score["threshold"] < 0).all()
