import pytest

from reports.tables.spectra import spectra_table


def of(table, **values):
    for column, value in values.items():
        table = table[table[column] == value]
    return table.iloc[0]


def test_the_spectra_table_names_both_norms(mixed, old, numbers_of):
    row = of(spectra_table(mixed, numbers_of(mixed)), layer="conv 2")
    sigma, norm = row["sigma of the reshaped kernel"], row["operator norm"]
    assert float(norm) == pytest.approx(1.5 * float(sigma), rel=0.01)
    assert float(row["at most"]) == pytest.approx(1.6 * float(sigma), rel=0.01)
    assert float(row["ceil(k/s) sigma"]) == pytest.approx(2 * float(sigma), rel=0.01)
    older = spectra_table(old, numbers_of(old))
    assert set(older["operator norm"]) == set(older["condition"]) == {"–"}
    assert set(older["at most"]) == {"–"}
    assert "–" not in set(older["stable rank / full"])
