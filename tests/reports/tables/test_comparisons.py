import pytest

from reports.load.loader import load
from reports.page.html import page
from reports.stats.numbers import compute
from reports.tables.comparisons import claimed_table, exploratory_table
from reports.tables.seed_spread import spread_table
from runners.store.states import State


def test_claims_stand_apart_from_what_is_exploratory(mixed, numbers_of):
    claimed = claimed_table(mixed, numbers_of(mixed))
    assert len(claimed) == 10
    assert set(claimed["outcome"]) == {"cannot be told apart"}
    assert set(claimed["smallest detectable"]) <= {"none, however large", "not known"}
    assert "FID digits-cnn ↓ paired difference, median [min, max]" in claimed
    other = exploratory_table(mixed, numbers_of(mixed))
    assert set(other["score"]) == {"IS digits-cnn ↑"}
    assert "outcome" not in other
    assert "p after Holm" not in other
    assert {"p sign-flip", "p Mann-Whitney"} <= {*claimed} & {*other}


@pytest.fixture(scope="module")
def ten_seeds(write_grid, make_spec):
    states = {("none", seed): State.DIVERGED for seed in range(6)}
    methods = ("none", "gradient_penalty", "spectral_norm")
    return load(write_grid([make_spec(m, s) for m in methods for s in range(10)], states=states))


def test_failures_are_worst_in_every_estimate(ten_seeds):
    rows = spread_table(ten_seeds, compute(ten_seeds)).set_index(["method", "score"])
    none = rows.loc["none", "FID digits-cnn ↓"]
    assert (none["final median"], none["IQM"]) == ("failed", "failed")
    assert none["its 95% interval"].endswith(" to failed")
    higher = rows.loc["none", "IS digits-cnn ↑"]
    assert (higher["final median"], higher["IQM"]) == ("failed", "failed")
    assert higher["its 95% interval"].startswith("failed to ")
    assert "failed" not in rows.loc["spectral_norm", "FID digits-cnn ↓"].tolist()


def test_the_section_begins_with_the_headline_and_ends_with_what_claims_nothing(ten_seeds):
    text = page(ten_seeds, compute(ten_seeds), [])
    section = text.split('<h2 id="conclusions">')[1].split("<h2")[0]
    order = [
        '<div class="box">', "Compared by FID", "<li>spectral_norm is better than",
        "No method was tuned in this grid", 'id="pairs-table"', "How this was tested",
        "One family of tests", "sign-flip test of paired differences carries the claims",
        "Exploratory: other scores", 'id="exploratory-table"',
    ]  # fmt: skip
    places = [section.index(part) for part in order]
    assert places == sorted(places)
