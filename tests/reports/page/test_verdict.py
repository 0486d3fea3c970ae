"""The paragraph says what was found, by how much, how surely, and what stays open."""

import dataclasses
from pathlib import Path

import pandas as pd
import pytest

from reports.load.several import Grid
from reports.page.verdict import NOTHING, PAIRED, verdict
from reports.stats.across import REGRESSION, SAME
from reports.stats.comparisons import BETTER, EQUIVALENT, OPEN, WORSE
from reports.stats.margins import Margin
from reports.stats.together import Told, together
from runners.store.grid import GridStore

ROW = {
    "cell": "", "old_cell": "", "apart": "", "unpaired": "", "test": "sign-flip", "n_first": 6,
    "n_second": 6, "n_pairs": 6, "new_n": 6.0, "new_median": 12.0, "old_median": 8.5,
    "p_holm": 0.031, "p_beyond": 0.047, "p_equivalence": 0.016, "allowed": 1.7, "found": 5.0,
    "can_tell": True,
}  # fmt: skip


def grid(label, results):
    return Grid(label, GridStore(Path(label)), results)


@pytest.fixture
def told(mixed):
    """Say a verdict of rows: told(method=(outcome, changes), ...)."""

    def say(gone=(), **rows):
        frame = pd.DataFrame(
            [
                {"method": m, "outcome": outcome, **ROW, **more}
                for m, (outcome, more) in rows.items()
            ],
            columns=["method", "outcome", *ROW],
        )
        new, old = grid("new", mixed), grid("old", mixed)
        return verdict(Told(new, old, Margin(), frame, len(frame), 1, tuple(gone), pd.DataFrame()))

    return say


def test_a_regression_is_said_first_with_all_that_it_rests_on(told):
    said = told(none=(REGRESSION, {}), spectral_norm=(SAME, {}))
    assert said == (
        "REGRESSION: new is worse than old by more than the margin in none by 3.5 (median 12.0 "
        "against 8.50; exact sign-flip test beyond the margin of 1.7, p after Holm 0.047). The "
        "same to the last digit: spectral_norm. By FID at the end of training, lower is better, "
        "n = 6 runs a side; exact sign-flip test, Holm over all 2 comparisons, level .05; the "
        "margin is 20% of the older score. With these seeds 80% of repetitions would find a "
        f"regression of 5.0. {PAIRED}"
    )


def test_runs_that_failed_are_told_of(told):
    assert "against 8.50, 2 runs without a score; " in told(none=(REGRESSION, {"new_n": 4.0}))
    every = told(none=(REGRESSION, {"new_n": 0.0, "new_median": float("nan")}))
    assert "in none, of which no run has a score any more (6 failed; " in every


def test_other_findings_are_no_regression(told):
    rows = {"a": (BETTER, {}), "b": (WORSE, {}), "c": (EQUIVALENT, {}), "d": (SAME, {})}
    said = told(**rows)
    assert said.startswith("No regression: nothing of new was found worse than old by more than")
    assert "Better: a (p after Holm at most 0.031)." in said
    assert "Worse, but not shown to be so by more than the margin: b (p after Holm" in said
    assert "Alike within the margin: c (p after Holm at most 0.016)." in said


def test_nothing_can_be_concluded_in_those_words(told):
    assert f"{NOTHING} of none (5.0); in brackets the smallest" in told(none=(OPEN, {}))
    few = told(none=(OPEN, {"can_tell": False, "found": float("inf")}))
    assert few.startswith(f"{NOTHING} of new against old: with so few seeds no regression, how")
    assert told().startswith(f"{NOTHING}: there is nothing that new and old can be compared by.")


def test_what_could_have_been_found_is_said_with_its_ends(told):
    said = told(a=(BETTER, {"found": 2.0}), b=(SAME, {"found": 7.0}))
    assert "80% of repetitions would find a regression of 2.0 to 7.0, by method." in said


def test_what_is_no_pair_and_what_is_not_compared_is_marked(told):
    said = told(
        gone=["c"],
        a=(OPEN, {"unpaired": "latents differ"}),
        b=("", {"apart": "no score"}),
        d=(OPEN, {}),
    )
    assert "Paired: d. UNPAIRED, as latents differ: a. Not compared, as no score: b." in said
    assert said.endswith("Planned in old only: c.")


def test_cells_are_named(told):
    assert "in none (loss=hinge) by 3.5" in told(none=(REGRESSION, {"cell": "loss=hinge"}))


def test_methods_that_were_asked_for_are_spoken_of_and_all_are_counted(mixed):
    (one,) = together([grid("old", mixed), grid("new", mixed)], None, ["spectral_norm"])
    said = verdict(one)
    assert "The same to the last digit: spectral_norm." in said
    assert "Holm over all 5 comparisons" in said
    assert not one.regressed


def test_a_changed_setting_is_told_with_both_values(mixed):
    plans = {
        name: dataclasses.replace(plan, spec={**plan.spec, "batch_size": 32})
        for name, plan in mixed.plans.items()
    }
    changed = dataclasses.replace(mixed, plans=plans)
    (one,) = together([grid("old", mixed), grid("new", changed)])
    assert one.changes.to_dict("records") == [
        {"setting": "batch_size", "old": "64", "new": "32", "where": tuple(mixed.methods)}
    ]
