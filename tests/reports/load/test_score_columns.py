"""Which column carries a claim, which one chooses, and what each is called."""

from __future__ import annotations

from collections import Counter

import pytest

from reports.load.score_columns import GAP, TEST, TRAIN, VALIDATION, score_columns

SPLITS = ("fid", "fid_validation", "fid_test", "fid_gap", "is")


@pytest.fixture(scope="module")
def columns():
    return score_columns().recorded_in(SPLITS)


def test_test_carries_the_claim_and_validation_chooses(columns) -> None:
    claim = columns.ranking[0]
    assert (claim.column, claim.split) == ("fid_test", TEST)
    assert columns.selection(claim).column == "fid_validation"
    assert [s.split for s in columns.splits(claim)] == [TEST, TRAIN, VALIDATION, GAP]


def test_a_score_without_splits_claims_and_chooses_for_itself(columns) -> None:
    inception = columns.claim("is")
    assert inception.column == "is"
    assert columns.selection(inception) == inception
    assert columns.splits(inception) == []


def test_in_an_older_store_train_stands_alone() -> None:
    columns = score_columns().recorded_in(["fid", "is"])
    claim = columns.claim("fid")
    assert (claim.column, claim.split, claim.title) == ("fid", TRAIN, "FID")
    assert columns.splits(claim) == []


def test_without_test_scores_the_claim_is_named_as_train() -> None:
    columns = score_columns().recorded_in(["fid", "fid_validation"])
    claim = columns.claim("fid")
    assert claim.title == "FID (train)"
    assert columns.selection(claim).column == "fid_validation"


def test_every_variant_leads_to_its_base_and_has_a_heading_of_its_own(columns) -> None:
    mine = {name: score for name, score in columns.by_name.items() if score.base == "fid"}
    assert {columns.claim(name).column for name in mine} == {"fid_test"}
    assert {name: score.title for name, score in mine.items()} == {
        "fid_test": "FID (test)", "fid": "FID (train)", "fid_validation": "FID (validation)",
        "fid_gap": "FID gap, test - train at equal n",
        "fid_test_ema": "FID (test, averaged generator)",
        "fid_ema": "FID (train, averaged generator)",
        "fid_validation_ema": "FID (validation, averaged generator)",
    }  # fmt: skip


@pytest.mark.parametrize("recorded", [(), ("fid",), SPLITS, tuple(score_columns().names)])
def test_no_two_columns_share_a_heading(recorded) -> None:
    known = score_columns().recorded_in(recorded).by_name.values()
    for say in (lambda s: s.header("cnn"), lambda s: s.axis(["cnn"]), lambda s: s.title):
        assert max(Counter(map(say, known)).values()) == 1


def test_axis_labels_break_where_they_are_long(columns) -> None:
    assert columns.claim("is").axis(["cnn"]) == "IS (cnn, higher is better)"
    assert columns.claim("fid").axis(["digits-cnn"]) == "FID (test, digits-cnn)\nlower is better"
    assert columns.claim("fid").scale(["digits-cnn"]) == "FID (test, digits-cnn)"


def test_variants_describe_no_samples(columns) -> None:
    assert [s.column for s in columns.describing if s.base == "recall"] == ["recall"]
