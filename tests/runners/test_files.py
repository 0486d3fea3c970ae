"""Files are whole or absent; readers name what is damaged."""

from __future__ import annotations

import os

import pytest

from runners.errors import StoreProblem
from runners.files import last_row, parse_rows, read_json, write_bytes


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch) -> None:
    file = tmp_path / "x"
    write_bytes(file, b"old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_bytes(file, b"new")
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("step", ['"1"', "-1", "1.5", "true", "null", "99999999999999999"])
def test_a_step_is_a_count(tmp_path, step) -> None:
    file = tmp_path / "metrics.jsonl"
    file.write_text(f'{{"step": {step}}}\n')
    with pytest.raises(StoreProblem, match=r"metrics\.jsonl:1: damaged row: step is"):
        list(parse_rows(file.read_bytes(), file))
    with pytest.raises(StoreProblem, match=r"metrics\.jsonl: last row: damaged row"):
        last_row(file)


def test_damaged_json_is_named(tmp_path) -> None:
    (tmp_path / "spec.json").write_text("{")
    with pytest.raises(StoreProblem, match=r"spec\.json: cannot be read"):
        read_json(tmp_path / "spec.json")
    (tmp_path / "spec.json").write_text("[]")
    with pytest.raises(StoreProblem, match="holds list"):
        read_json(tmp_path / "spec.json")
