import pytest

from reports.stats.bounds import bounds
from reports.stats.conformance import conformance
from reports.tables.bounds import bounds_table
from reports.tables.conformance import conformance_table

UNDEFINED = "undefined: batch norm in train mode has no per-sample Lipschitz constant"


def of(table, **values):
    for column, value in values.items():
        table = table[table[column] == value]
    return table.iloc[0]


def test_bounds_are_of_the_last_step_over_seeds(mixed):
    row = of(bounds(mixed.diagnostics), method="spectral_norm")
    lowers = [2.5 * 12 / 20 * 2 * (1 + 0.1 * seed) for seed in range(3)]
    assert row["lipschitz_lower_median"] == pytest.approx(lowers[1])
    assert (row["lipschitz_lower_min"], row["lipschitz_lower_max"]) == (
        pytest.approx(lowers[0]), pytest.approx(lowers[2]),
    )  # fmt: skip
    assert row["lipschitz_upper_median"] == pytest.approx(8 * lowers[1])
    assert row["n"] == 3


def test_an_undefined_bound_is_a_reason_and_never_a_number(mixed, numbers_of):
    table = bounds_table(mixed, numbers_of(mixed))
    row = of(table, method="weight_norm")
    assert row["upper bound, median [min, max]"] == UNDEFINED
    assert row["lower / upper"] == "undefined"
    assert of(table, method="none")["lower / upper"] == "0.125"


def test_older_rows_have_neither_bounds_nor_checks(old, numbers_of):
    assert bounds(old.diagnostics).empty
    assert conformance(old.diagnostics).empty
    assert bounds_table(old, numbers_of(old)).empty
    assert conformance_table(old, numbers_of(old)).empty
