import json

import pytest

from reports.load.floors import MEMORISER, REAL
from reports.load.loader import load
from reports.stats.numbers import compute
from reports.stats.real_and_untrained import UNTRAINED, floor_notes
from reports.tables import summary as tables
from runners.store.grid import GridStore
from runners.store.states import State

PROTOCOL = "digits-cnn-1a2b3c4d/ref-train-1438+validation-180+test-179/gen-2000"
TEST = "FID (test) digits-cnn ↓ final median [min, max]"
TRAIN = "FID (train) digits-cnn ↓ final median [min, max]"
GAP = "FID gap, test - train at equal n, digits-cnn final median [min, max]"


def row_of(table, method):
    return table[table["method"] == method].iloc[0]


def values(found, kind):
    return found[found["kind"] == kind].set_index("metric")["value_median"].to_dict()


def test_references_are_the_floors_and_the_untrained(split, numbers_of):
    found = numbers_of(split).references
    real = {"fid_test": 0.8, "is": 8.69, "fid": 0.58, "fid_validation": 0.9}
    copies = {"fid_test": 2.1, "is": 8.9, "fid": 0.13, "fid_validation": 2.2, "fid_gap": 1.6}
    assert values(found, REAL) == real
    assert values(found, MEMORISER) == copies
    assert values(found, UNTRAINED)["fid"] == pytest.approx(400)
    assert set(found["n"]) == {2000}
    assert set(found["protocol"]) == {PROTOCOL}


def test_references_stand_below_the_methods_in_the_columns_of_their_split(split, numbers_of):
    table = tables.summary_table(split, numbers_of(split))
    names = [f"{REAL} (at n = 2000)", f"{MEMORISER} (at n = 2000)", f"{UNTRAINED} (step 0)"]
    assert table["method"].tolist() == [*split.methods, *names]
    real, copies, untrained = (row_of(table, name) for name in names)
    assert real[[TEST, TRAIN, GAP]].tolist() == ["0.800", "0.580", "–"]
    assert copies[[TEST, TRAIN, GAP]].tolist() == ["2.10", "0.130", "1.60"]
    assert untrained[TRAIN] == "400 [400, 400]"
    assert real["finished"] == "–"


def test_how_real_data_came_to_the_runs_number_is_said(split, numbers_of):
    made, copied = floor_notes(split, numbers_of(split).references)
    assert made.startswith("Held-out real data at the runs' own n = 2000: FID (test) extrapolated ")
    assert "; IS resampled to 2000; " in made
    assert copied.startswith("Copies of training images are what a generator that only memorises")


def test_a_floor_of_another_number_is_not_shown_and_that_is_said(mixed, numbers_of):
    numbers = numbers_of(mixed)
    assert set(numbers.references["kind"]) == {UNTRAINED}
    *_, said = floor_notes(mixed, numbers.references)
    assert "360 held-out real data were scored, against 2000 generated ones" in said
    assert "FID is biased upwards where it is small, so they are not shown" in said


def test_an_older_floor_of_the_runs_own_number_is_shown(write_grid, make_spec):
    results = load(write_grid([make_spec("none", 0)], held_out=2000))
    found = compute(results).references
    assert values(found, REAL) == {"fid": 4.5, "is": 9.3}
    assert "FID, IS scored as they are" in floor_notes(results, found)[1]


def test_runs_without_a_floor_have_none(old, numbers_of):
    found = numbers_of(old).references
    assert set(found["kind"]) == {UNTRAINED}
    (said,) = floor_notes(old, found)
    assert said.startswith("No validation or test scores of FID were recorded")


def test_a_floor_of_another_reference_is_not_shown(write_grid, make_spec, seal):
    spec = make_spec("none", 0)
    folder = write_grid([spec], held_out=2000)
    file = GridStore(folder).run(spec.run_id).floor_file
    file.write_text(file.read_text().replace("ref-train-1437", "ref-train-99"))
    assert set(compute(load(seal(folder))).references["kind"]) == {UNTRAINED}


@pytest.mark.parametrize(
    "floor",
    [
        {"fid": 1.0}, {"protocol": PROTOCOL, "real": [1.0]},
        {"protocol": PROTOCOL, "real": {"fid": "low"}},
        {"protocol": PROTOCOL, "real": {"fid": 1.0}, "how": "guessed"},
    ],
)  # fmt: skip
def test_a_floor_of_something_else_is_damaged(write_grid, make_spec, floor, seal):
    spec = make_spec("none", 0)
    folder = write_grid([spec])
    GridStore(folder).run(spec.run_id).floor_file.write_text(json.dumps(floor))
    assert load(seal(folder)).runs["state"].tolist() == [State.DAMAGED]


def test_counts_are_out_of_their_total(write_grid, make_spec):
    spec = make_spec("none", 0, dataset="gaussians25", model={"name": "mlp", "latent": 2})
    results = load(write_grid([spec], held_out=2500))
    table = tables.summary_table(results, compute(results))
    header = "modes hit coordinates ↑ final median [min, max]"
    assert row_of(table, f"{REAL} (at n = 2500)")[header] == "25 of 25"
    assert row_of(table, "none")[header].endswith("] of 25")
