"""What a session leaves in the results folder besides its runs."""

from __future__ import annotations

from bench.grid import Grid
from bench.session import run_grid
from runners.engines import chosen
from runners.options import Options
from runners.store.grid import GridStore


def test_description_and_axes_reach_the_plan(tmp_path) -> None:
    grid = Grid("g", "two words", (), ("loss", "model.width"))
    assert run_grid(grid, tmp_path, Options(), chosen("local").make) == 0
    assert GridStore(tmp_path / "g").plan() == {
        "name": "g",
        "description": "two words",
        "axes": ["loss", "model.width"],
        "columns": [],
        "runs": {},
    }
