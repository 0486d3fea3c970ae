"""Grid files by name and path, and the exact words for those that cannot be read."""

from pathlib import Path

import pytest

from bench.grid import GridProblem, files, find, load

GRID = (Path(__file__).parent / "small.yaml").read_text()


def test_find(write, tmp_path):
    path = write(GRID)
    assert find("grid") == find("grid.yaml") == find(path.name)
    assert find(str(tmp_path / "grid.yaml")) == tmp_path / "grid.yaml"


def test_find_prefers_the_current_folder_to_built_in(tmp_path, monkeypatch):
    built_in = tmp_path / "built-in"
    built_in.mkdir()
    (built_in / "mine.yaml").write_text(GRID)
    (built_in / "other.yaml").write_text(GRID)
    monkeypatch.setattr(files, "BUILT_IN", built_in)
    monkeypatch.chdir(tmp_path)
    assert find("mine") == find("mine.yaml") == built_in / "mine.yaml"
    (tmp_path / "mine").mkdir()
    assert find("mine") == built_in / "mine.yaml"
    (tmp_path / "mine.yaml").write_text(GRID)
    assert find("mine").absolute() == tmp_path / "mine.yaml"
    for unknown, what in [
        ("x", "no such grid file"),
        ("../mine.yml", "no such grid file"),
        ("built-in", "is a folder"),
        ("", "is a folder"),
        ("a\0", "no such grid file"),
        ("x" * 5000, "no such grid file"),
    ]:
        with pytest.raises(GridProblem, match=f"{what}; built-in grids: mine.yaml, other.yaml$"):
            find(unknown)


def test_unreadable_files(tmp_path, write):
    for path, text in [
        (tmp_path, "is a folder, not a grid file"),
        (tmp_path / "none.yaml", "no such file"),
        (tmp_path / ("x" * 300), "no such file"),
    ]:
        with pytest.raises(GridProblem) as caught:
            load(path)
        assert str(caught.value) == f"{path}: {text}"


def test_large_file(refused):
    assert refused("#" * 1_000_001) == ["grid.yaml: larger than 1,000,000 bytes"]
