from reports.tables.descriptions import description_table


def test_descriptions_are_of_the_last_score(mixed, old, numbers_of):
    table = description_table(mixed, numbers_of(mixed))
    row = table[table["method"] == "spectral_norm"].iloc[0]
    assert row["classes hit digits-cnn ↑, median [min, max]"] == "10 [10, 10] of 10"
    assert description_table(old, numbers_of(old)).empty
