import math

from reports.load.loader import load
from reports.stats.conformance import BROKEN, INFORMS, KEPT, broken, conformance
from reports.tables.conformance import conformance_table
from runners.store.grid import GridStore


def of(table, **values):
    for column, value in values.items():
        table = table[table[column] == value]
    return table.iloc[0]


def test_a_broken_promise_is_named(mixed, numbers_of):
    found = conformance(mixed.diagnostics)
    sigma = of(found, check="sigma")
    assert (sigma["verdict"], sigma["n_broken"], sigma["n"]) == (BROKEN, 1, 3)
    assert (sigma["n_rows_broken"], sigma["n_rows"]) == (4, 12), "step 0 precedes training"
    assert broken(found) == [
        "spectral_norm: true sigma, worst layer missed its target in 1 of 3 runs at the last step."
    ]
    table = conformance_table(mixed, numbers_of(mixed))
    row = of(table, method="spectral_norm")
    assert row["verdict"] == "BROKEN in 1 of 3 runs"
    assert row["target"] == "1 ± 0.05"
    assert row["measured, median [min, max]"] == "1.03 [1.00, 1.06]"
    assert row["diagnosed steps ok"] == "8 of 12"


def test_a_check_without_tolerance_informs(mixed):
    row = of(conformance(mixed.diagnostics), check="at_bound")
    assert row["verdict"] == INFORMS
    assert math.isnan(row["target"])


def test_a_kept_promise_is_ok(write_grid, make_spec):
    diagnostics = load(write_grid([make_spec("spectral_norm", s) for s in range(2)])).diagnostics
    found = conformance(diagnostics)
    assert found["verdict"].tolist() == [KEPT]
    assert broken(found) == []


def test_a_check_whose_value_is_not_a_number_is_broken(write_grid, make_spec, seal):
    spec = make_spec("spectral_norm", 0)
    folder = write_grid([spec])
    file = GridStore(folder).run(spec.run_id).rows_file("diagnostics")
    text = file.read_text().replace('"value": 1.0', '"value": null')
    file.write_text(text.replace('"ok": true', '"ok": false'))
    found = conformance(load(seal(folder)).diagnostics)
    assert found["verdict"].tolist() == [BROKEN]
