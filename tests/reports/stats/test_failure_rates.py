import pytest
from scipy.stats import binomtest

from reports.load.loader import load
from reports.stats.failure_rates import failure_rates, wilson
from reports.stats.survival import survival
from reports.tables import failures as tables
from runners.failures import FAILURES
from runners.failures.discriminator import CHANCE_GAPS
from runners.failures.evidence import THROUGHOUT
from runners.failures.samples import WORSE_RATIO
from runners.files import write_json
from runners.store.grid import GridStore
from runners.store.states import State


@pytest.mark.parametrize(("k", "n"), [(0, 1), (0, 6), (1, 6), (3, 6), (6, 6), (7, 50), (1, 10)])
def test_wilson_is_scipys(k, n):
    interval = binomtest(k, n).proportion_ci(method="wilson")
    assert wilson(k, n) == pytest.approx((interval.low, interval.high), abs=1e-6)


def test_wilson_of_nothing_is_everything():
    assert wilson(0, 0) == (0.0, 1.0)


def rate(results, method, failure):
    rates = failure_rates(results)
    return rates[(rates["method"] == method) & (rates["failure"] == failure)].iloc[0]


def test_failures_are_shares_of_the_runs_that_could_be_judged(mixed):
    row = rate(mixed, "none", "non_finite")
    assert (row["k"], row["n"], row["n_planned"]) == (1, 3, 3)
    assert (row["low"], row["high"]) == wilson(1, 3)
    crashed = rate(mixed, "weight_clipping", "non_finite")
    assert (crashed["k"], crashed["n"]) == (0, 2)
    absent = rate(mixed, "weight_norm", "mode_collapse")
    assert (absent["k"], absent["n"], absent["n_planned"]) == (0, 1, 3)


def test_the_failure_table_shows_counts_and_intervals(mixed, numbers_of):
    table = tables.failure_table(mixed, numbers_of(mixed))
    assert list(table.columns) == ["method", "planned", *(f.title for f in FAILURES.values())]
    assert table["non-finite"].iloc[0] == "1 of 3 [0.06, 0.79]"


def test_every_failure_has_a_meaning_with_its_thresholds(mixed):
    said = list(tables.meanings(mixed).values())
    assert len(said) == len(FAILURES)
    assert f"{THROUGHOUT:.0%} of the rows" in said[2]
    assert f"{CHANCE_GAPS:g} times" in said[1]
    assert f"{WORSE_RATIO:g} times" in said[5]
    assert not any("{" in text for text in said)


def test_older_runs_are_judged_by_their_rows_and_not_for_coverage(old, numbers_of):
    assert rate(old, "none", "non_finite")["n"] == 1
    assert rate(old, "none", "mode_collapse")["n"] == 0
    table = tables.failure_table(old, numbers_of(old))
    assert set(table["mode collapse"]) == {"not judged"}


def test_runs_are_judged_by_their_rows_whatever_an_earlier_version_stored(write_grid, make_spec):
    specs = [make_spec("none", seed) for seed in range(2)]
    folder = write_grid(specs)
    store = GridStore(folder).run(specs[1].run_id)
    recorded = {"failures": {"degraded": True}, "thresholds": {"worse_by": 5.0}}
    write_json(store.folder / "outcomes.json", recorded)
    results = load(folder)
    assert rate(results, "none", "degraded")["k"] == 0
    assert rate(results, "none", "degraded")["n"] == 2
    assert results.notes == ()


def test_runs_that_never_began_are_no_failures(write_grid, make_spec):
    results = load(write_grid([make_spec("none", 0)], states={("none", 0): State.MISSING}))
    assert survival(results).empty
    assert failure_rates(results)["n"].sum() == 0


@pytest.mark.parametrize("state", [State.UNFINISHED, State.CRASHED])
def test_a_run_that_did_not_end_is_not_judged(write_grid, make_spec, state):
    results = load(write_grid([make_spec("none", 0)], states={("none", 0): state}))
    assert failure_rates(results)["n"].sum() == 0
    assert survival(results)["failed"].sum() == 0
