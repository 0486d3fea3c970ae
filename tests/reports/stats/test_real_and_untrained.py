import pytest

from reports.load.loader import load
from reports.stats.numbers import compute
from reports.stats.real_and_untrained import REAL, UNTRAINED, floor_notes
from reports.tables import summary as tables
from runners.store.grid import GridStore
from runners.store.states import State

PROTOCOL = "digits-cnn-1a2b3c4d/ref-train-1437/gen-2000"
FLOOR = PROTOCOL.replace("2000", "360")


def row_of(table, method):
    return table[table["method"] == method].iloc[0]


def test_references_are_the_floor_and_the_untrained(mixed, numbers_of):
    found = numbers_of(mixed).references
    real, untrained = (found[found["kind"] == kind] for kind in (REAL, UNTRAINED))
    assert real.set_index("metric")["value_median"].to_dict() == {"fid": 4.5, "is": 9.3}
    assert (real["n"].unique(), real["n_runs"].unique()) == ([360], [2000])
    assert set(real["protocol"]) == {FLOOR}
    assert untrained.set_index("metric")["value_median"]["fid"] == pytest.approx(400)
    assert set(untrained["protocol"]) == {PROTOCOL}


def test_references_stand_below_the_methods(mixed, numbers_of):
    table = tables.summary_table(mixed, numbers_of(mixed))
    names = [f"{REAL} (n = 360)", f"{UNTRAINED} (step 0)"]
    assert table["method"].tolist() == [*mixed.methods, *names]
    header = "FID digits-cnn ↓ final median [min, max]"
    assert row_of(table, names[0])[header] == "4.50"
    assert row_of(table, names[1])[header] == "400 [400, 400]"
    assert row_of(table, names[0])["finished"] == "–"


def test_numbers_of_real_data_have_columns_of_their_own_protocol(mixed, numbers_of):
    table = tables.summary_numbers(mixed, numbers_of(mixed))
    real = row_of(table, f"{REAL} (n = 360)")
    assert real[f"FID {FLOOR} ↓ reference median"] == 4.5
    assert real.filter(like=PROTOCOL).isna().all()


def test_a_difference_in_number_is_said(mixed, toys, numbers_of):
    (said,) = floor_notes(numbers_of(mixed).references, mixed.judged)
    assert "360 held-out real data were scored, against 2000 generated ones" in said
    assert "FID is biased upwards where it is small" in said


def test_runs_without_a_floor_have_none(old, numbers_of):
    found = numbers_of(old).references
    assert set(found["kind"]) == {UNTRAINED}
    assert floor_notes(found, old.judged) == []


def test_a_floor_of_another_reference_is_not_shown(write_grid, make_spec):
    spec = make_spec("none", 0)
    folder = write_grid([spec])
    file = GridStore(folder).run(spec.run_id).floor_file
    file.write_text(file.read_text().replace("ref-train-1437", "ref-train-99"))
    assert set(compute(load(folder)).references["kind"]) == {UNTRAINED}


def test_a_floor_without_a_protocol_is_damaged(write_grid, make_spec):
    spec = make_spec("none", 0)
    folder = write_grid([spec])
    GridStore(folder).run(spec.run_id).floor_file.write_text('{"fid": 1.0}')
    assert load(folder).runs["state"].tolist() == [State.DAMAGED]


def test_counts_are_out_of_their_total(toys, numbers_of):
    table = tables.summary_table(toys, numbers_of(toys))
    header = "modes hit coordinates ↑ final median [min, max]"
    assert row_of(table, f"{REAL} (n = 360)")[header] == "25 of 25"
    assert row_of(table, "spectral_norm")[header].endswith("] of 25")
