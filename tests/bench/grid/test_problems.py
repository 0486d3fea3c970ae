"""Lines of problems: how many, and one line each."""

from pathlib import Path

from bench.grid import Overrides

GRID = (Path(__file__).parent / "small.yaml").read_text()


def test_problems_beyond_a_hundred_are_counted(refused):
    lines = refused(GRID + f"axes: {{model.width: {[0] * 150}}}")
    assert len(lines) == 101
    assert lines[-1] == "grid.yaml: 50 more problems"


def test_unprintable_option_stays_one_line(refused):
    (line,) = refused(GRID, Overrides(set=("loss=a\nb\udcff",)))
    assert line.isprintable()
