"""Grid files to write, load and break."""

from pathlib import Path

import pytest

from bench.grid import GridProblem, Overrides, find, load

GRID = (Path(__file__).parent / "small.yaml").read_text()


@pytest.fixture
def edited():
    """Return a function that replaces a part of the small grid's text."""

    def replaced(old, new):
        assert old in GRID
        return GRID.replace(old, new)

    return replaced


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Return a function that writes grid.yaml into the current folder."""
    monkeypatch.chdir(tmp_path)

    def write(content):
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / "grid.yaml").write_bytes(data)
        return find("grid.yaml")

    return write


@pytest.fixture
def refused(write):
    """Return a function from a grid's text (and overrides) to the problems' lines."""

    def lines(content, overrides=None):
        with pytest.raises(GridProblem) as caught:
            load(write(content), overrides or Overrides())
        return str(caught.value).split("\n")

    return lines
