import pytest

from reports.load.loader import load
from reports.stats.falls import falls
from reports.stats.numbers import compute
from reports.tables.falls import falls_table
from runners.files import write_json
from runners.store.grid import GridStore
from runners.store.states import State

PROTOCOL = "digits-cnn-1a2b3c4d/ref-train-1437/gen-2000"


@pytest.fixture(scope="module")
def fallen(write_grid, make_spec, seal):
    """Write four runs of one method whose final FID is 1.2, 1.8, 2.5 and 9 times their best."""
    specs = [make_spec("none", seed) for seed in range(4)]
    folder = write_grid(specs)
    for spec, ratio in zip(specs, (1.2, 1.8, 2.5, 9), strict=True):
        store = GridStore(folder).run(spec.run_id)
        store.rows_file("scores").unlink()
        fids = {0: 400.0, 500: 1.0, 1000: ratio}
        store.append(
            "scores", [{"step": s, "fid": f, "protocol": PROTOCOL} for s, f in fids.items()]
        )
        write_json(store.floor_file, {"protocol": PROTOCOL, "real": {"fid": 0.5}, "how": {}})
    return seal(folder)


def test_runs_are_counted_beyond_each_threshold(fallen):
    row = falls(load(fallen)).iloc[0]
    assert (row["fall_n"], row["beyond_1.5"], row["beyond_2"], row["beyond_3"]) == (4, 3, 2, 1)
    assert (row["fall_min"], row["fall_max"]) == (1, 9)


def test_the_verdict_is_the_threshold_in_the_middle(fallen):
    results = load(fallen)
    assert results.outcomes["degraded"].sum() == falls(results)["beyond_2"].iloc[0]
    assert (results.outcomes["collapse_step"].notna() == results.outcomes["degraded"]).all()


def test_what_real_data_score_is_the_least_that_counts(fallen, seal):
    for run in load(fallen).runs["run_id"]:
        floor = {"protocol": PROTOCOL, "fid": 5.0}  # as earlier versions wrote it
        write_json(GridStore(fallen).run(run).floor_file, floor)
    row = falls(load(seal(fallen))).iloc[0]
    assert (row["beyond_1.5"], row["beyond_2"], row["beyond_3"]) == (1, 1, 1)


def test_the_table_shows_finished_runs_alone(mixed, numbers_of, write_grid, make_spec):
    table = falls_table(mixed, numbers_of(mixed))
    assert list(table.columns) == [
        "method", "final / best, median [min, max]", "above 1.5", "above 2", "above 3",
    ]  # fmt: skip
    assert table.loc[table["method"] == "none", "above 2"].str.endswith(" of 2").all()
    absent = load(write_grid([make_spec("none", 0)], states={("none", 0): State.MISSING}))
    assert falls_table(absent, compute(absent)).empty
