"""What a bundle says of itself, and what of it is no manifest's."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.bundle import contents
from runners.errors import StoreProblem
from runners.files import write_json

SAID = {
    "bundle": contents.FORMAT, "grid": "g", "runs": {"r": "finished"}, "uneven": [],
    "made_with": {"torch": "2"}, "files": {"grid.json": {"bytes": 1, "digest": "0"}},
}  # fmt: skip


def read(folder: Path, **changes: object) -> contents.Manifest:
    write_json(folder / "bundle.json", SAID | changes)
    return contents.read(folder)


@pytest.mark.parametrize("key", SAID)
@pytest.mark.parametrize("value", [None, [["x"]], {"x": ["x"]}], ids=str)
def test_a_manifest_of_the_wrong_kind_is_named(tmp_path, key, value) -> None:
    assert read(tmp_path) == SAID
    with pytest.raises(StoreProblem, match=f"^bundle.json: {'is of' if key == 'bundle' else key}"):
        read(tmp_path, **{key: value})


@pytest.mark.parametrize("size", [10**400, 2**63, -1, True, 1.0])
def test_a_file_has_as_many_bytes_as_a_disk_can_hold(tmp_path, size) -> None:
    with pytest.raises(StoreProblem, match="files missing, or of the wrong type"):
        read(tmp_path, files={"grid.json": {"bytes": size, "digest": "0"}})


@pytest.mark.parametrize("name", ["\x1b[2J", "a\nverified", "../a", ""])
def test_a_run_is_called_by_what_can_be_a_folder(tmp_path, name) -> None:
    with pytest.raises(StoreProblem, match="runs missing, or of the wrong type"):
        read(tmp_path, runs={name: "finished"})
