from reports.load.floors import MEMORISER
from reports.load.loader import load
from reports.stats.numbers import compute
from reports.tables.splits import split_table


def test_every_split_of_every_method_and_reference_in_one_row(split, numbers_of):
    table = split_table(split, numbers_of(split))
    assert list(table.columns) == [
        "method", "score", "train", "validation", "test", "gap, test - train at equal n",
        "real data in each",
    ]  # fmt: skip
    assert table["method"].tolist()[:5] == split.methods
    finals = split.scores[split.scores["step"] == 1000].groupby("method", observed=True)
    row = table.set_index("method").loc["spectral_norm"]
    for heading, column in (("train", "fid"), ("validation", "fid_validation"),
                            ("test", "fid_test")):  # fmt: skip
        known = finals[column].agg(["median", "min", "max"]).loc["spectral_norm"]
        assert row[heading] == "{:.1f} [{:.1f}, {:.1f}]".format(*known)
    assert row["gap, test - train at equal n"] == "2.00 [2.00, 2.00]"
    assert row["real data in each"] == "1438, 180, 179"
    copies = table[table["method"] == f"{MEMORISER} (at n = 2000)"].iloc[0]
    assert copies[["train", "test"]].tolist() == ["0.130", "2.10"]
    assert set(table["score"]) == {"FID digits-cnn"}, "the other score knows no splits"


def test_an_older_store_has_no_splits(mixed, numbers_of):
    assert split_table(mixed, numbers_of(mixed)).empty


def test_cells_keep_their_own_references(write_grid, make_spec):
    specs = [make_spec("none", 0, n_dis=n) for n in (1, 2)]
    results = load(write_grid(specs, splits=True))
    table = split_table(results, compute(results))
    assert table["cell"].tolist() == ["n_dis=1"] * 4 + ["n_dis=2"] * 4
