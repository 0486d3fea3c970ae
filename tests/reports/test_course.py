import math

import pytest
from runners.outcomes import THROUGHOUT, thresholds
from scipy.stats import binomtest

from reports import course
from reports.frame import load
from reports.labels import FAILURES
from reports.tables import runs as tables
from runners.files import write_json
from runners.store.grid import GridStore
from runners.store.states import State


@pytest.mark.parametrize(("k", "n"), [(0, 1), (0, 6), (1, 6), (3, 6), (6, 6), (7, 50), (1, 10)])
def test_wilson_is_scipys(k, n):
    interval = binomtest(k, n).proportion_ci(method="wilson")
    assert course.wilson(k, n) == pytest.approx((interval.low, interval.high), abs=1e-6)


def test_wilson_of_nothing_is_everything():
    assert course.wilson(0, 0) == (0.0, 1.0)


def rate(results, method, failure):
    rates = course.failure_rates(results)
    return rates[(rates["method"] == method) & (rates["failure"] == failure)].iloc[0]


def test_failures_are_shares_of_the_runs_that_could_be_judged(mixed):
    row = rate(mixed, "none", "non_finite")
    assert (row["k"], row["n"], row["n_planned"]) == (1, 3, 3)
    assert (row["low"], row["high"]) == course.wilson(1, 3)
    crashed = rate(mixed, "weight_clipping", "non_finite")
    assert (crashed["k"], crashed["n"]) == (0, 2)
    absent = rate(mixed, "weight_norm", "mode_collapse")
    assert (absent["k"], absent["n"], absent["n_planned"]) == (0, 1, 3)


def test_the_failure_table_shows_counts_and_intervals(mixed):
    table = tables.failure_table(mixed, course.failure_rates(mixed))
    assert list(table.columns) == ["method", "planned", *(f.title for f in FAILURES.values())]
    assert table["non-finite"].iloc[0] == "1 of 3 [0.06, 0.79]"


def test_every_failure_has_a_meaning_its_thresholds_fill(mixed):
    assert mixed.thresholds == thresholds()
    said = [failure.meaning.format(**mixed.thresholds) for failure in FAILURES.values()]
    assert f"{THROUGHOUT:.0%} of the rows" in said[1]
    assert not any("{" in text for text in said)


def test_older_runs_are_judged_by_their_rows_and_not_for_coverage(old):
    assert rate(old, "none", "non_finite")["n"] == 1
    assert rate(old, "none", "mode_collapse")["n"] == 0
    table = tables.failure_table(old, course.failure_rates(old))
    assert set(table["mode collapse"]) == {"not judged"}


def test_recorded_outcomes_are_used_and_other_thresholds_named(write_grid, make_spec):
    specs = [make_spec("none", seed) for seed in range(2)]
    folder = write_grid(specs)
    store = GridStore(folder).run(specs[1].run_id)
    recorded = store.outcomes()
    recorded["failures"]["degraded"], recorded["thresholds"]["worse_by"] = True, 5.0
    write_json(store.outcomes_file, recorded)
    results = load(folder)
    assert rate(results, "none", "degraded")["k"] == 1
    assert any("other thresholds" in note for note in results.notes)


def curve(times):
    return [(row["step"], row["share"]) for row in course._product_limit(times)]


def test_survival_by_hand():
    times = [(100, True), (200, False), (300, True), (300, False), (400, False)]
    assert [(s, pytest.approx(v)) for s, v in curve(times)] == [
        (0, 1.0), (100, 4 / 5), (200, 4 / 5), (300, 4 / 5 * 2 / 3), (400, 4 / 5 * 2 / 3),
    ]  # fmt: skip


def test_survival_of_none_and_of_all():
    assert curve([]) == []
    assert curve([(100, False)] * 3) == [(0, 1.0), (100, 1.0)]
    assert curve([(100, True)] * 3) == [(0, 1.0), (100, 0.0)]


def test_survival_counts_divergence_and_censors_what_did_not_end(mixed):
    rows = course.survival(mixed)
    none = rows[rows["method"] == "none"]
    assert none[["step", "failed", "censored"]].to_numpy().tolist() == [
        [0, 0, 0], [500, 1, 0], [1000, 0, 2],
    ]  # fmt: skip
    clipping = rows[rows["method"] == "weight_clipping"]
    assert clipping["step"].tolist() == [0, 250, 1000], "the crashed run is last seen at 250"
    assert clipping["share"].tolist() == [1, 1, 1]


def test_a_collapse_ends_survival_before_the_run_ends(write_grid, make_spec):
    spec = make_spec("none", 0)
    folder = write_grid([spec], old=True)
    file = GridStore(folder).run(spec.run_id).rows_file("scores")
    fids = {0: 400.0, 250: 10.0, 500: 15.0, 750: 25.0, 1000: 30.0}
    protocol = "digits-cnn-1a2b3c4d/ref-train-1437/gen-2000"
    file.unlink()
    rows = [{"step": s, "fid": f, "protocol": protocol} for s, f in fids.items()]
    GridStore(folder).run(spec.run_id).append("scores", rows)
    results = load(folder)
    assert course.survival(results)["step"].tolist() == [0, 750]
    row = course.courses(results).iloc[0]
    assert row["collapse_steps"] == [750]
    assert row["fid_ratio"] == 3
    assert row["fid_area"] == pytest.approx((12.5 + 20 + 27.5) / 3)


def test_runs_that_never_began_are_no_failures(write_grid, make_spec):
    results = load(write_grid([make_spec("none", 0)], states={("none", 0): State.MISSING}))
    assert course.survival(results).empty
    assert course.failure_rates(results)["n"].sum() == 0


@pytest.mark.parametrize("state", [State.UNFINISHED, State.CRASHED])
def test_a_run_that_did_not_end_is_not_judged(write_grid, make_spec, state):
    results = load(write_grid([make_spec("none", 0)], states={("none", 0): state}))
    assert course.failure_rates(results)["n"].sum() == 0
    assert course.survival(results)["failed"].sum() == 0


def test_coverage_is_of_the_last_score(mixed, old):
    table = tables.coverage_table(mixed, course.coverage(mixed))
    row = table[table["method"] == "spectral_norm"].iloc[0]
    assert row["classes hit digits-cnn ↑, median [min, max]"] == "10 [10, 10] of 10"
    assert tables.coverage_table(old, course.coverage(old)).empty


def test_courses_are_medians_over_seeds(mixed):
    row = course.courses(mixed).iloc[0]
    areas = mixed.outcomes[mixed.outcomes["method"] == "none"].set_index("seed")["fid_area"]
    assert row["n"] == 2
    assert row["fid_area"] == pytest.approx(areas.median())
    assert math.isnan(areas[1]), "the diverged run spans fewer steps"
