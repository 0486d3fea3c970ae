import math

import pandas as pd
import pytest

from reports.html import compute
from reports.labels import extractors
from reports.tables import scores as tables
from reports.tables import text

PROTOCOL = "digits-cnn-1a2b3c4d/ref-train-1437/gen-2000"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (12.345, "12.3"), (1.2345, "1.23"), (0.012345, "0.0123"), (1234.5, "1234"), (0.0, "0"),
        (1.5e-7, "1.50e-07"), (math.inf, "failed"), (-math.inf, "failed"), (math.nan, "–"),
        (None, "–"), (-3.14159, "-3.14"), (3, "3.00"),
    ],
)  # fmt: skip
def test_numbers(value, said):
    assert text.number(value) == said


def test_summary_headers_carry_protocol_and_direction(mixed):
    numbers = compute(mixed)
    frames = numbers.summary, numbers.score_summary, numbers.references
    table = tables.summary_table(mixed, *frames)
    assert "FID digits-cnn ↓ final median [min, max]" in table.columns
    assert "IS digits-cnn ↑ best median [min, max]" in table.columns
    none = table[table["method"] == "none"].iloc[0]
    assert none["finished"] == "2 of 3"
    assert none["not finished"] == "1 diverged"
    norm = table[table["method"] == "weight_norm"].iloc[0]
    assert norm["not finished"] == "1 unfinished, 1 missing"


def test_numeric_summary_carries_the_whole_protocol(mixed):
    numbers = compute(mixed)
    table = tables.summary_numbers(
        mixed, numbers.summary, numbers.score_summary, numbers.references
    )
    column = f"FID {PROTOCOL} ↓ final median"
    expected = numbers.score_summary.query("method == 'none' and metric == 'fid'")["final_median"]
    assert table.query("method == 'none'")[column].item() == expected.item()


def test_run_table_has_every_planned_run(mixed):
    table = tables.run_table(mixed, compute(mixed).scores)
    assert len(table) == 15
    diverged = table[table["state"] == "diverged"].iloc[0]
    assert math.isnan(diverged[f"FID {PROTOCOL} ↓ final"])
    assert diverged[f"FID {PROTOCOL} ↓ best"] > 0
    assert diverged["non_finite"] is True
    assert diverged["degraded"] is None


def test_markdown_escapes_what_would_break_a_row():
    said = text.to_markdown(pd.DataFrame({"a": ["x|y\nz"], "b": [1]}))
    assert said == "| a | b |\n| --- | --- |\n| x\\|y z | 1 |\n"


def test_csv_leaves_missing_and_failed_empty():
    said = text.to_csv(
        pd.DataFrame({"a": [math.nan, math.inf, 0.123456789], "b": ["x", None, "y,z"]})
    )
    assert said == 'a,b\n,x\n,\n0.123457,"y,z"\n'


def test_extractors_are_short_unless_they_would_look_alike():
    assert extractors([PROTOCOL]) == {PROTOCOL: "digits-cnn"}
    other = PROTOCOL.replace("2000", "500")
    assert extractors([PROTOCOL, other]) == {PROTOCOL: PROTOCOL, other: other}


def test_long_lists_are_cut_and_counted():
    assert text.listed([]) == ""
    assert text.listed([0, 1, 2]) == "0, 1, 2"
    assert text.listed(range(10)) == "0, 1, 2, 3, ..., 9 (10 values)"
