"""Bundled tables and pages held against those of the rows, whatever a stranger wrote into them."""

from __future__ import annotations

import re

import pytest

from bench.bundle import tables

LONG = 4000


def found(name: str, stored: str, made: str) -> list[str]:
    return list(tables._lines(name, stored.encode(), made.encode()))


def test_a_line_more_shifts_no_other() -> None:
    lines = [f"line {n}" for n in range(20)]
    more = [*lines[:10], "mine", *lines[10:15], "other", *lines[16:]]
    assert found("a.md", "\n".join(more), "\n".join(lines)) == [
        ":11: 'mine' is a line more than the rows give", ":17: is 'other', the rows give 'line 15'",
    ]  # fmt: skip
    assert found("a.md", "\n".join(lines[1:]), "\n".join(lines)) == [":1: 'line 0' is not there"]


def test_blank_lines_more_are_told() -> None:
    assert found("a.md", "a\n\n\nb\n", "a\n\nb\n") == [":3: '' is a line more than the rows give"]


def test_a_row_more_and_one_less_are_named() -> None:
    made = "run,fid\na,1\nb,2\nc,3\n"
    assert found("a.csv", "run,fid\na,1\nx,0\nb,2\nc,3\n", made) == [
        ":3: x: a row that the runs do not give"
    ]
    assert found("a.csv", "run,fid\na,1\nc,3\n", made) == [":3: b: not in the bundled table"]


@pytest.mark.parametrize(
    ("stored", "made", "differing"),
    [
        ([""] * LONG, [""] * 2000, range(2001, LONG + 1)),
        (["a", *[""] * LONG, "b"], ["c", *[""] * LONG, "d"], (1, LONG + 2)),
    ],
    ids=["one is the beginning of the other", "all but the first and the last are the same"],
)
def test_matching_long_texts_takes_no_square_of_their_lines(
    monkeypatch, stored, made, differing
) -> None:
    matcher = tables.SequenceMatcher

    def short(junk: None, one: list[str], other: list[str], **options: bool) -> object:
        assert max(len(one), len(other)) <= tables.MATCHED
        return matcher(junk, one, other, **options)

    monkeypatch.setattr(tables, "SequenceMatcher", short)
    assert [number for number, _, _ in tables._pairs(stored, made)] == list(differing)


@pytest.mark.parametrize("cell", ['"' + "x" * 200_000 + '"', "a\rb"])
def test_what_is_no_table_is_said_to_be_none(cell) -> None:
    (line,) = found("a.csv", f"run,fid\n{cell},1\n", "run,fid\na,1\n")
    assert re.match(": cannot be read as a table: .+", line)
