"""Seeds from the file and from --seeds, and the exact words for what is wrong with them."""

from pathlib import Path

import pytest

from bench.grid import Overrides, load

GRID = (Path(__file__).parent / "small.yaml").read_text()


def test_seed_list(write, edited):
    grid = load(write(edited("seeds: 2", "seeds: [7, 3]")))
    assert [spec.seed for spec in grid.specs] == [7, 7, 3, 3]


@pytest.mark.parametrize(
    ("seeds", "expected"), [("3", [0, 1, 2]), ("4,", [4]), ("0, 4,7", [0, 4, 7])]
)
def test_seeds_override(write, seeds, expected):
    grid = load(write(GRID), Overrides(seeds=seeds, methods=("none",)))
    assert [spec.seed for spec in grid.specs] == expected


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("seeds: 2", "", "1:1: seeds: required but missing"),
        ("seeds: 2", "seeds: 0", "9:8: seeds: a count must be from 1 to 10,000, got 0"),
        ("seeds: 2", "seeds: 10001", "9:8: seeds: a count must be from 1 to 10,000, got 10001"),
        ("seeds: 2", "seeds: []", "9:8: seeds: expected a count or a list of integers, got []"),
        ("seeds: 2", "seeds: 1.0", "9:8: seeds: expected a count or a list of integers, got 1.0"),
        ("seeds: 2", "seeds: true", "9:8: seeds: expected a count or a list of integers, got true"),
    ],
)
def test_problem(refused, edited, old, new, problem):
    assert refused(edited(old, new)) == [f"grid.yaml:{problem}"]
