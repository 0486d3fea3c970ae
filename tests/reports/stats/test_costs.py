"""What methods cost, and their scores for equal steps and for equal seconds, by hand."""

from __future__ import annotations

import dataclasses
import math

import pandas as pd
import pytest

from reports.load.chosen import only_methods
from reports.load.loader import load
from reports.page.cost_words import cost_words
from reports.page.wording import words
from reports.stats.costs import costs
from reports.stats.numbers import compute
from reports.stats.run_scores import run_scores
from reports.stats.shown import shown
from reports.tables.costs import EQUAL, cost_table, equal_table
from runners.store.grid import GridStore
from runners.store.states import State


def _paced(results, paces):
    """Return results in which each method takes so many seconds for a step."""
    factor = results.timing["method"].astype(str).map(paces) / 0.02
    timing = results.timing.assign(seconds=results.timing["seconds"] * factor)
    own = results.runs["method"].astype(str).map(paces)
    paced = results.runs["seconds_per_step"].notna()
    runs = results.runs.assign(seconds_per_step=own.where(paced))
    return dataclasses.replace(results, timing=timing, runs=runs)


WAYS = ("steps", "seconds")
PACES = {"none": 0.01, "weight_clipping": 0.02, "gradient_penalty": 0.04, "spectral_norm": 0.02,
         "weight_norm": 0.02}  # fmt: skip


@pytest.fixture(scope="module")
def paced(mixed):
    return _paced(mixed, PACES)


@pytest.fixture(scope="module")
def found(paced):
    return costs(paced, run_scores(paced))


def _row(frame, method):
    (row,) = frame[frame["method"] == method].to_dict("records")
    return row


def test_a_method_is_timed_and_held_against_none(found) -> None:
    row = _row(found.methods, "gradient_penalty")
    assert row["ms_per_step_median"] == pytest.approx(40)
    assert row["seconds_median"] == pytest.approx(40)
    assert row["relative_to"] == "none"


def test_a_step_is_timed_by_finished_runs_alone_where_there_are_some(mixed, numbers_of) -> None:
    slow = mixed.runs["seconds_per_step"].mask(mixed.runs["state"] != State.FINISHED, 9.0)
    results = dataclasses.replace(mixed, runs=mixed.runs.assign(seconds_per_step=slow))
    assert _row(costs(results, run_scores(results)).methods, "none")["ms_per_step_max"] == 20
    table = cost_table(mixed, numbers_of(mixed)).set_index("method")
    assert table.loc["none", "timed runs"] == "2 of 3"


def test_without_none_the_fastest_is_what_others_are_held_against(mixed) -> None:
    runs = mixed.runs[mixed.runs["method"] != "none"]
    left = dataclasses.replace(_paced(mixed, PACES | {"spectral_norm": 0.005}), runs=runs)
    left = dataclasses.replace(left, runs=_paced(left, PACES | {"spectral_norm": 0.005}).runs)
    assert set(costs(left, run_scores(left)).methods["relative_to"]) == {"spectral_norm"}


def test_for_equal_seconds_a_slow_method_has_done_fewer_steps(paced, found) -> None:
    row = _row(found.equal, "gradient_penalty")
    assert (row["steps"], row["seconds"]) == (1000, pytest.approx(10))
    assert row["done"] == pytest.approx(250)
    scores = paced.scores[paced.scores["method"] == "gradient_penalty"]
    at = scores.groupby("step")["fid"].median()
    assert row["at_seconds_median"] == pytest.approx(at[250])
    assert row["at_steps_median"] == pytest.approx(at[1000])


def test_between_two_scores_is_the_line_between_them(mixed) -> None:
    paced = _paced(mixed, PACES | {"none": 0.0075})  # gradient penalty has done 187.5 steps
    row = _row(costs(paced, run_scores(paced)).equal, "gradient_penalty")
    mine = paced.scores[paced.scores["method"] == "gradient_penalty"]
    first, second = (mine[mine["step"] == step]["fid"].median() for step in (0, 250))
    assert row["at_seconds_median"] == pytest.approx(0.25 * first + 0.75 * second)


def test_diverged_runs_are_worst_and_crashed_ones_have_no_result(found) -> None:
    none, clipping = (_row(found.equal, name) for name in ("none", "weight_clipping"))
    assert math.isinf(none["at_steps_max"])
    assert math.isinf(none["at_seconds_max"])
    assert math.isfinite(none["at_seconds_median"])
    assert clipping["at_seconds_n"] == 2


def test_methods_that_change_places_are_named_with_their_numbers(
    mixed, paced, found, numbers_of
) -> None:
    row = found.swaps.set_index(["first", "second"])
    assert ("gradient_penalty", "none") in row.index
    assert ("spectral_norm", "weight_clipping") not in row.index
    words = cost_words(paced, dataclasses.replace(numbers_of(mixed), costs=found))
    said = " ".join(words.swaps)
    assert "gradient_penalty is better than none for 1,000 steps each" in said
    assert "none is better than gradient_penalty for 10.0 s each" in said
    assert "3 of 3 runs of gradient_penalty and 3 of 3 of none have a result." in said
    assert words.swaps[-1] == "Of medians over seeds, without a test."


def test_at_one_pace_no_method_changes_its_place(mixed, numbers_of) -> None:
    assert numbers_of(mixed).costs.swaps.empty
    words = cost_words(mixed, numbers_of(mixed))
    assert not words.swaps
    assert words.notes[-2].startswith("No two methods change places")
    assert words.notes[-1] == "Of medians over seeds, without a test."


@pytest.fixture(scope="module")
def failing(write_grid, make_spec):
    """Results in which two methods finished, one crashed and one diverged in all seeds."""
    ended = {"none": State.FINISHED, "weight_norm": State.FINISHED,
             "weight_clipping": State.CRASHED, "spectral_norm": State.DIVERGED}  # fmt: skip
    specs = [make_spec(m, seed) for m in ended for seed in (0, 1)]
    states = {(one.method_label, one.seed): ended[one.method.name] for one in specs}
    return load(write_grid(specs, states=states))


def test_places_are_among_all_methods_shown_or_not(paced, found, numbers_of) -> None:
    whole = dataclasses.replace(numbers_of(paced), costs=found)
    few = only_methods(paced, ["gradient_penalty", "weight_clipping"])
    table = equal_table(few, shown(whole, few)).set_index("method")
    assert table["place for equal steps"].to_dict() == {
        "weight_clipping": "5", "gradient_penalty": "2",
    }  # fmt: skip
    assert "none" not in " ".join(cost_words(few, shown(whole, few)).swaps)
    assert "cell (shown or not)" in EQUAL.explanation.format(**words(few))
    assert "cell has" in EQUAL.explanation.format(**words(paced))


def test_methods_that_finished_no_run_stay_in_the_table(failing, numbers_of) -> None:
    table = equal_table(failing, numbers_of(failing)).set_index("method")
    steps, seconds = (next(c for c in table if f"equal {way}, m" in c) for way in WAYS)
    assert table.loc["spectral_norm", [steps, "steps in these", seconds]].tolist() == [
        "failed [failed, failed]", "–", "failed [failed, failed]",
    ]  # fmt: skip
    assert table.loc["weight_clipping", [steps, seconds]].tolist() == ["–", "–"]
    assert table["runs"].tolist() == ["2 of 2", "2 of 2", "0 of 2", "2 of 2"]
    timed = cost_table(failing, numbers_of(failing)).set_index("method")["timed runs"]
    assert timed["spectral_norm"] == "2 of 2, none finished"
    (said,) = [note for note in cost_words(failing, numbers_of(failing)).notes if "places" in note]
    assert said.startswith("Of the 2 of 4 methods that finished a run, no two change places")


def test_a_method_that_was_not_timed_has_no_score_for_equal_seconds(mixed) -> None:
    timing = mixed.timing[mixed.timing["method"] != "none"]  # of which one run diverged
    runs = mixed.runs.assign(seconds_per_step=math.nan)
    results = dataclasses.replace(mixed, timing=timing, runs=runs)
    row = _row(costs(results, run_scores(results)).equal, "none")
    assert (row["at_steps_n"], row["at_seconds_n"]) == (3, 0)
    assert math.isnan(row["at_seconds_median"])


def test_of_no_two_medians_nothing_is_said(failing) -> None:
    runs = failing.runs
    half = (runs["method"] == "weight_norm") & (runs["seed"] == 0)
    states = runs["state"].mask(half, State.DIVERGED)
    left = dataclasses.replace(failing, runs=runs.assign(state=states))
    places = costs(left, run_scores(left)).equal.set_index("method")["at_steps_place"]
    assert (places["none"], places["weight_norm"], places["spectral_norm"]) == (1, 3, 3)
    assert not [note for note in cost_words(left, compute(left)).notes if "places" in note]


def test_a_score_that_is_no_number_in_the_middle_of_a_run_is_bridged(paced, found) -> None:
    gone = (paced.scores["method"] == "gradient_penalty") & (paced.scores["step"] == 250)
    holed = dataclasses.replace(paced, scores=paced.scores.assign(
        fid=paced.scores["fid"].mask(gone)))  # fmt: skip
    row = _row(costs(holed, run_scores(holed)).equal, "gradient_penalty")
    assert math.isfinite(row["at_seconds_max"])
    assert row["at_seconds_median"] > _row(found.equal, "gradient_penalty")["at_seconds_median"]


def test_the_front_has_whoever_nobody_beats_in_both(found) -> None:
    front = set(found.trade.loc[found.trade["best"], "method"])
    assert front == {"none", "spectral_norm"}


def test_a_method_of_which_most_runs_diverged_is_on_no_front(write_grid, make_spec) -> None:
    states = {("none", 0): State.DIVERGED, ("none", 1): State.DIVERGED}
    specs = [make_spec(m, s) for m in ("none", "spectral_norm") for s in range(3)]
    results = load(write_grid(specs, states=states))
    trade = costs(results, run_scores(results)).trade
    assert math.isinf(_row(trade, "none")["cost_median"])
    assert not _row(trade, "none")["best"]
    assert _row(trade, "spectral_norm")["best"]


def test_what_was_not_recorded_is_said_to_be_so(write_grid, make_spec, numbers_of) -> None:
    specs = [make_spec(m, 0) for m in ("none", "spectral_norm")]
    folder = write_grid(specs)
    store = GridStore(folder).run(specs[0].run_id)
    counted = dataclasses.replace(store.status(), flops_per_step=2e9, peak_bytes=3 * 2**20)
    store.write_status(counted)
    results = load(folder)
    table = cost_table(results, numbers_of(results))
    column = [name for name in table if name.startswith(("GFLOP", "peak"))]
    assert table[column].to_numpy().tolist() == [["2.00", "3.00"], ["not recorded"] * 2]


def test_a_score_of_which_more_is_better_is_shown_as_itself(paced, numbers_of) -> None:
    first = dataclasses.replace(paced.columns, first="is")
    results = dataclasses.replace(paced, columns=first)
    table = equal_table(results, numbers_of(results))
    (text,) = table.loc[table["method"] == "spectral_norm", table.columns[3]]
    middle, low, high = (float(part.strip("[],")) for part in text.split())
    assert 0 < low < middle < high


def test_machines_are_named_and_several_kinds_are_warned_of(mixed, numbers_of) -> None:
    def said(*names):
        cpu = pd.Series([names[i % len(names)] for i in range(len(mixed.runs))])
        runs = mixed.runs.assign(**{"ran_on.cpu": cpu, "ran_on.threads": "2"})
        return cost_words(dataclasses.replace(mixed, runs=runs), numbers_of(mixed))

    assert not said("EPYC").warnings
    assert "EPYC, 2 threads a run (14 runs)" in said("EPYC").notes[0]
    (warning,) = said("EPYC", "Xeon").warnings
    assert "more than one kind of machine: EPYC, 2 threads a run (7 runs), Xeon" in warning


def test_unsteady_paces_and_schedules_are_warned_of(mixed, numbers_of) -> None:
    runs = mixed.runs.copy()
    runs.loc[runs.index[0], "seconds_per_step"] = 0.05
    results = dataclasses.replace(mixed, runs=runs)
    found = dataclasses.replace(numbers_of(mixed), costs=costs(results, numbers_of(mixed).scores))
    (warning,) = cost_words(results, found).warnings
    assert "took 2.5 times as long" in warning
    plans = {
        i: dataclasses.replace(plan, spec={**plan.spec, "schedule": {"name": "cosine"}})
        for i, plan in mixed.plans.items()
    }
    annealed = dataclasses.replace(mixed, plans=plans)
    assert "after equal seconds is of" in cost_words(annealed, numbers_of(mixed)).notes[-1]
    of_seconds = dataclasses.replace(annealed, budget=20.0)
    assert "after equal steps is of" in cost_words(of_seconds, numbers_of(mixed)).notes[-1]


def test_a_budget_that_runs_did_not_keep_is_warned_of(mixed, numbers_of) -> None:
    kept = dataclasses.replace(mixed, budget=19.0)
    assert not cost_words(kept, numbers_of(mixed)).warnings
    words = cost_words(dataclasses.replace(mixed, budget=10.0), numbers_of(mixed))
    assert "20.0 s (none)" in words.warnings[0]
    assert "not the 10 s that they were calibrated for" in words.warnings[0]
    assert "calibration.json is gone" in words.notes[0]
