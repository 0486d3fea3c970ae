"""What a report was asked to show changes no number, and never makes a claim easier."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from reports.choice import Choice
from reports.load.chosen import only_methods, with_choice
from reports.load.loader import load
from reports.page.chosen import chosen_words
from reports.page.headline import headline
from reports.page.html import page
from reports.page.wording import inference
from reports.stats.numbers import compute
from reports.stats.shown import shown
from reports.tables.comparisons import claimed_table
from reports.tables.summary import summary_table
from runners.errors import UserProblem
from runners.store.states import State

METHODS = ("none", "gradient_penalty", "spectral_norm")


@pytest.fixture(scope="module")
def eight(write_grid, make_spec):
    states = {("gradient_penalty", 3): State.DIVERGED}
    return load(write_grid([make_spec(m, s) for m in METHODS for s in range(8)], states=states))


@pytest.fixture(scope="module")
def asked(eight, numbers_of):
    """Return results and numbers as a report shows them: asked(metric=..., methods=...)."""

    def show(**choice):
        whole = with_choice(eight, Choice(**choice))
        results = only_methods(whole, choice.get("methods"))
        numbers = compute(whole) if whole.columns.first else numbers_of(eight)
        return results, shown(numbers, results)

    return show


def _claims(numbers):
    pairs = numbers.pairs[numbers.pairs["claimed"]]
    return {frozenset((r["first"], r["second"])): r for r in pairs.to_dict("records")}


def test_a_subset_has_the_numbers_of_the_whole(eight, asked, numbers_of) -> None:
    results, numbers = asked(methods=("none", "spectral_norm"))
    whole = numbers_of(eight)
    (pair,) = _claims(numbers).items()
    known = _claims(whole)[pair[0]]
    assert pd.Series(pair[1]).equals(pd.Series(known))
    assert numbers.family.tests == whole.family.tests == 3
    assert numbers.family.pairs_shown == 1
    assert set(numbers.score_summary["method"]) == {"none", "spectral_norm"} == set(results.methods)
    assert set(numbers.score_curves.seeds["method"]) == set(results.methods)
    assert results.planned_methods == list(METHODS)


def test_a_subset_is_said_with_the_failures_that_it_leaves_out(asked) -> None:
    results, numbers = asked(methods=("none", "spectral_norm"))
    said = " ".join(chosen_words(results, numbers.family))
    assert "2 of 3 are shown. Left out: gradient_penalty; 8 planned runs, of which 1 did" in said
    assert "Holm's correction counts 3 pairs" in said
    text = page(results, numbers, [])
    assert "Left out: gradient_penalty" in text
    assert "cannot be compared yet" not in text
    assert "<td>gradient_penalty</td>" not in text


def test_a_report_that_was_asked_for_nothing_says_nothing(asked) -> None:
    results, numbers = asked(metric="fid")
    assert chosen_words(results, numbers.family) == []
    assert "As this report was asked for" not in page(results, numbers, [])


def test_the_baseline_stands_second_and_turns_what_it_must(eight, asked, numbers_of) -> None:
    results, numbers = asked(baseline="spectral_norm")
    table = claimed_table(results, numbers)
    assert table[["method", "against"]].to_numpy().tolist() == [
        ["none", "spectral_norm"], ["gradient_penalty", "spectral_norm"],
    ]  # fmt: skip
    turned, known = _claims(numbers), _claims(numbers_of(eight))
    pair = frozenset(("none", "spectral_norm"))
    before, after = known[pair], turned[pair]
    assert before["first"] == after["second"] == "spectral_norm"
    assert before["outcome"] == "better"
    assert after["outcome"] == "worse"
    assert after["p_holm"] == before["p_holm"]
    assert after["probability_first_better"] == 1 - before["probability_first_better"]
    assert (after["difference_min"], after["difference_max"]) == (
        -before["difference_max"], -before["difference_min"],
    )  # fmt: skip
    said = headline(results, numbers)
    assert said is not None
    assert "spectral_norm is better than none" in said.claims[0]
    assert "2 of 3 pairs are shown" in " ".join(chosen_words(results, numbers.family))


def test_another_score_leads_and_the_correction_counts_both(eight, asked, numbers_of) -> None:
    results, numbers = asked(metric="is")
    assert [score.base for score in results.score_columns] == ["is", "fid"]
    assert numbers.family.metric == "is"
    assert numbers.family.tests == 6
    known = numbers_of(eight).pairs.set_index(["metric", "first", "second"])
    for row in numbers.pairs[numbers.pairs["claimed"]].to_dict("records"):
        alone = known.loc[("is", row["first"], row["second"])]
        assert row["p_flip"] == alone["p_flip"]
        assert row["p_holm"] >= min(1.0, 4 * row["p_flip"])
    said = " ".join(inference(results, numbers.family, numbers.power))
    assert "counts each pair 2 times" in said
    assert "It is fixed by the plan" not in said
    columns = list(summary_table(results, numbers))
    assert columns.index("IS digits-cnn ↑ final median [min, max]") < columns.index(
        "FID digits-cnn ↓ final median [min, max]"
    )


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"metric": "kid"}, "--metric: there is no kid here; choices: fid, is"),
        ({"baseline": "x"}, f"--baseline: there is no x here; choices: {', '.join(METHODS)}"),
        ({"methods": ("none", "y")}, "--methods: there is no y here; choices: none, gradient"),
        ({"methods": ("none",), "baseline": "spectral_norm"}, "is not one of --methods"),
    ],
)
def test_a_wrong_name_is_answered_with_those_that_exist(eight, choice, said) -> None:
    with pytest.raises(UserProblem, match=said):
        with_choice(eight, Choice(**choice))


@pytest.mark.parametrize(
    "choice", [{"formats": ("png", "jpg")}, {"formats": ("",)}, {"style": "x"}]
)
def test_a_wrong_form_is_answered_before_anything_is_read(choice) -> None:
    with pytest.raises(UserProblem, match="choices: "):
        Choice(**choice)


def test_a_method_keeps_its_look_whatever_is_shown(eight) -> None:
    from reports.figures import style

    known = style.looks(eight)
    few = only_methods(eight, ["spectral_norm"])
    assert style.looks(few) == known
    assert dataclasses.replace(few).methods == ["spectral_norm"]
