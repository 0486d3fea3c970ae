import dataclasses
from pathlib import Path

import pytest

from reports.load.several import Grid
from reports.stats.together import Told, together
from reports.tables.across import NOT_COMPARED, across_table, changes_table
from runners.store.grid import GridStore


@pytest.fixture
def told(mixed):
    """Hold changed results against `mixed`: told(results)."""

    def hold(new) -> Told:
        sides = (("old", mixed), ("new", new))
        (one,) = together([Grid(label, GridStore(Path(label)), its) for label, its in sides])
        return one

    return hold


def test_one_row_per_method_with_both_sides(told, mixed):
    table = across_table(told(mixed))
    assert table["method"].tolist() == mixed.methods
    assert {*table["outcome"]} == {"identical"}
    row = table.set_index("method").loc["spectral_norm"]
    both = [f"{side}: FID digits-cnn ↓ median [min, max]" for side in ("old", "new")]
    assert row[both].tolist() == ["14.4 [13.7, 15.1]"] * 2
    assert row["paired"] == "yes"
    assert row["runs, shared seeds"] == "3 and 3, 3"


def test_what_is_no_pair_is_marked(told, mixed):
    runs = mixed.runs.assign(latents="other")
    table = across_table(told(dataclasses.replace(mixed, runs=runs)))
    rows = table.set_index("method")["paired"]
    assert rows["spectral_norm"] == "UNPAIRED, as latents differ"


def test_what_is_not_compared_says_why(told, mixed):
    scores = mixed.scores.assign(protocol="other/ref-train-9/gen-9")
    table = across_table(told(dataclasses.replace(mixed, scores=scores)))
    assert {*table["outcome"]} == {NOT_COMPARED}
    assert table["not compared, as"].str.startswith("scored under different protocols").all()


def test_changes_stand_under_the_names_of_the_grids(told, mixed):
    plans = {
        i: dataclasses.replace(plan, spec={**plan.spec, "batch_size": 32})
        for i, plan in mixed.plans.items()
    }
    (row,) = changes_table(told(dataclasses.replace(mixed, plans=plans))).to_dict("records")
    assert row == {
        "setting": "batch_size", "old": "64", "new": "32", "of": ", ".join(mixed.methods)
    }  # fmt: skip
