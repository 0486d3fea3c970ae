import math

from reports.load.loader import load
from reports.stats.numbers import compute
from reports.tables import summary as tables
from reports.tables.each_run import run_table
from runners.store.grid import GridStore

PROTOCOL = "digits-cnn-1a2b3c4d/ref-train-1437/gen-2000"


def test_summary_headers_carry_protocol_and_direction(mixed, numbers_of):
    table = tables.summary_table(mixed, numbers_of(mixed))
    assert "FID digits-cnn ↓ final median [min, max]" in table.columns
    assert "IS digits-cnn ↑ best median [min, max]" in table.columns
    none = table[table["method"] == "none"].iloc[0]
    assert none["finished"] == "2 of 3"
    assert none["not finished"] == "1 diverged"
    norm = table[table["method"] == "weight_norm"].iloc[0]
    assert norm["not finished"] == "1 unfinished, 1 missing"


def test_numeric_summary_carries_the_whole_protocol(mixed, numbers_of):
    numbers = numbers_of(mixed)
    table = tables.summary_numbers(mixed, numbers)
    column = f"FID {PROTOCOL} ↓ final median"
    expected = numbers.score_summary.query("method == 'none' and metric == 'fid'")["final_median"]
    assert table.query("method == 'none'")[column].item() == expected.item()


def test_run_table_has_every_planned_run(mixed, numbers_of):
    table = run_table(mixed, numbers_of(mixed))
    assert len(table) == 15
    diverged = table[table["state"] == "diverged"].iloc[0]
    assert math.isnan(diverged[f"FID {PROTOCOL} ↓ final"])
    assert diverged[f"FID {PROTOCOL} ↓ best"] > 0
    assert diverged["non_finite"] is True
    assert diverged["degraded"] is None


CLAIMS = [
    "FID (test) digits-cnn ↓ final median [min, max]",
    "FID (test) digits-cnn ↓ best median [min, max]",
    "IS digits-cnn ↑ final median [min, max]",
    "IS digits-cnn ↑ best median [min, max]",
]
BESIDE = [
    "FID (train) digits-cnn ↓ final median [min, max]",
    "FID gap, test - train at equal n, digits-cnn final median [min, max]",
]


def test_claims_come_first_then_train_and_the_gap(split, numbers_of):
    table = tables.summary_table(split, numbers_of(split))
    ends = ["method", "finished", "not finished"], ["ms per step"]
    assert list(table.columns) == [*ends[0], *CLAIMS, *BESIDE, *ends[1]]


def test_no_number_of_a_split_stands_under_the_heading_of_another(write_grid, make_spec, seal):
    spec = make_spec("none", 0)
    folder = write_grid([spec], splits=True)
    store = GridStore(folder).run(spec.run_id)
    stored = {"fid": 11.0, "fid_validation": 22.0, "fid_test": 33.0, "fid_gap": 44.0}
    rows = [row | stored for row in store.rows("scores")]
    store.rows_file("scores").unlink()
    store.append("scores", rows)
    store.floor_file.unlink()
    results = load(seal(folder))
    numbers = compute(results)
    titles = {33.0: "FID (test)", 11.0: "FID (train)", 22.0: "FID (validation)", 44.0: "FID gap"}
    frames = tables.summary_numbers(results, numbers), run_table(results, numbers)
    found = [(column, v) for frame in frames for column in frame for v in frame[column].tolist()]
    headers = [(column, value) for column, value in found if value in titles]
    assert {value for _, value in headers} == set(titles)
    assert [column for column, value in headers if not column.startswith(titles[value])] == []
    text = tables.summary_table(results, numbers)
    for value, title in titles.items():
        said = f"{value:.1f} [{value:.1f}, {value:.1f}]"
        assert all(c.startswith(title) for c in text if said in text[c].tolist())


def test_runs_have_every_split(split, numbers_of):
    table = run_table(split, numbers_of(split))
    protocol = split.protocol("")
    finals = split.scores[split.scores["step"] == 1000].set_index("run_id")
    done = table[table["state"] == "finished"].set_index("run_id")
    headers = {
        f"FID (test) {protocol} ↓": "fid_test",
        f"FID (train) {protocol} ↓": "fid",
        f"FID (validation) {protocol} ↓": "fid_validation",
        f"FID gap, test - train at equal n, {protocol}": "fid_gap",
    }
    for header, column in headers.items():
        assert (done[f"{header} final"] == finals[column].reindex(done.index)).all()
