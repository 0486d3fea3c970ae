import math

import pytest

from reports import ledger
from reports.frame import load
from reports.spectrum import spectra_spread
from reports.tables import discriminator as tables
from runners.store.grid import GridStore

UNDEFINED = "undefined: batch norm in train mode has no per-sample Lipschitz constant"


def of(table, **values):
    for column, value in values.items():
        table = table[table[column] == value]
    return table.iloc[0]


def test_bounds_are_of_the_last_step_over_seeds(mixed):
    row = of(ledger.bounds(mixed.diagnostics), method="spectral_norm")
    lowers = [2.5 * 12 / 20 * 2 * (1 + 0.1 * seed) for seed in range(3)]
    assert row["lipschitz_lower_median"] == pytest.approx(lowers[1])
    assert (row["lipschitz_lower_min"], row["lipschitz_lower_max"]) == (
        pytest.approx(lowers[0]), pytest.approx(lowers[2]),
    )  # fmt: skip
    assert row["lipschitz_upper_median"] == pytest.approx(8 * lowers[1])
    assert row["n"] == 3


def test_an_undefined_bound_is_a_reason_and_never_a_number(mixed):
    table = tables.bounds_table(mixed, ledger.bounds(mixed.diagnostics))
    row = of(table, method="weight_norm")
    assert row["upper bound, median [min, max]"] == UNDEFINED
    assert row["lower / upper"] == "undefined"
    assert of(table, method="none")["lower / upper"] == "0.125"


def test_a_broken_promise_is_named(mixed):
    found = ledger.conformance(mixed.diagnostics)
    sigma = of(found, check="sigma")
    assert (sigma["verdict"], sigma["n_broken"], sigma["n"]) == (ledger.BROKEN, 1, 3)
    assert (sigma["n_rows_broken"], sigma["n_rows"]) == (4, 12), "step 0 precedes training"
    assert ledger.broken(found) == [
        "spectral_norm: true sigma, worst layer missed its target in 1 of 3 runs at the last step."
    ]
    table = tables.conformance_table(mixed, found)
    row = of(table, method="spectral_norm")
    assert row["verdict"] == "BROKEN in 1 of 3 runs"
    assert row["target"] == "1 ± 0.05"
    assert row["measured, median [min, max]"] == "1.03 [1.00, 1.06]"
    assert row["diagnosed steps ok"] == "8 of 12"


def test_a_check_without_tolerance_informs(mixed):
    row = of(ledger.conformance(mixed.diagnostics), check="at_bound")
    assert row["verdict"] == ledger.INFORMS
    assert math.isnan(row["target"])


def test_a_kept_promise_is_ok(write_grid, make_spec):
    diagnostics = load(write_grid([make_spec("spectral_norm", s) for s in range(2)])).diagnostics
    found = ledger.conformance(diagnostics)
    assert found["verdict"].tolist() == [ledger.KEPT]
    assert ledger.broken(found) == []


def test_a_check_whose_value_is_not_a_number_is_broken(write_grid, make_spec):
    spec = make_spec("spectral_norm", 0)
    folder = write_grid([spec])
    file = GridStore(folder).run(spec.run_id).rows_file("diagnostics")
    text = file.read_text().replace('"value": 1.0', '"value": null')
    file.write_text(text.replace('"ok": true', '"ok": false'))
    found = ledger.conformance(load(folder).diagnostics)
    assert found["verdict"].tolist() == [ledger.BROKEN]


def test_older_rows_have_no_ledger(old):
    assert ledger.bounds(old.diagnostics).empty
    assert ledger.conformance(old.diagnostics).empty
    assert tables.bounds_table(old, ledger.bounds(old.diagnostics)).empty
    assert tables.conformance_table(old, ledger.conformance(old.diagnostics)).empty


def test_the_spectra_table_names_both_norms(mixed, old):
    row = of(tables.spectra_table(mixed, spectra_spread(mixed.spectra)), layer="conv 2")
    sigma, norm = row["sigma of the reshaped kernel"], row["operator norm"]
    assert float(norm) == pytest.approx(1.5 * float(sigma), rel=0.01)
    assert float(row["at most ceil(k/s) sigma"]) == pytest.approx(2 * float(sigma), rel=0.01)
    older = tables.spectra_table(old, spectra_spread(old.spectra))
    assert set(older["operator norm"]) == set(older["condition"]) == {"–"}
    assert "–" not in set(older["stable rank / full"])
