import math

from reports.tables import summary as tables
from reports.tables.each_run import run_table

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
