import pytest

from reports.stats.survival import product_limit, survival


def curve(times):
    return [(row["step"], row["share"]) for row in product_limit(times)]


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
    rows = survival(mixed)
    none = rows[rows["method"] == "none"]
    assert none[["step", "failed", "censored"]].to_numpy().tolist() == [
        [0, 0, 0], [500, 1, 0], [1000, 0, 2],
    ]  # fmt: skip
    clipping = rows[rows["method"] == "weight_clipping"]
    assert clipping["step"].tolist() == [0, 250, 1000], "the crashed run is last seen at 250"
    assert clipping["share"].tolist() == [1, 1, 1]
