"""Whatever valid JSON stands in a run's files: a run is read or named as damaged, never a crash."""

from __future__ import annotations

import json
import random

import pytest

from reports.load.loader import load
from reports.stats.numbers import compute
from runners.errors import UserProblem
from runners.store.grid import GridStore
from runners.store.run import RunStore
from runners.store.states import State

ODD = ({}, "x", [1], True, None, -1, 10**400, {"a": {"b": 1}})
ROWS = ("metrics", "scores", "spectra", "diagnostics", "timing")
WHOLE = ("status.json", "proof.json", "floor.json")


@pytest.fixture
def grid(tiny, trained, tmp_path) -> GridStore:
    grid = GridStore(tmp_path)
    specs = [tiny(method=name) for name in ("none", "spectral_norm")]
    grid.write_plan("g", {spec.run_id: spec.as_dict for spec in specs})
    for spec in specs:
        trained(spec)
    return grid


def _first(grid: GridStore) -> RunStore:
    return grid.run(next(iter(grid.plan()["runs"])))


@pytest.mark.slow
def test_odd_values_in_rows(grid, seal) -> None:
    draw, run = random.Random(0), _first(grid)
    for _ in range(40):
        file = run.rows_file(draw.choice(ROWS))
        sound = file.read_bytes()
        rows = [json.loads(line) for line in sound.splitlines()]
        column = draw.choice(sorted(rows[-1]))
        rows[-1][column] = draw.choice(ODD)
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        if column == "protocol" and rows[-1][column] == "x":
            with pytest.raises(UserProblem, match="different protocols"):
                load(seal(grid.folder))
        else:
            results = load(seal(grid.folder))
            compute(results)
            assert len(results.runs) == 2
        file.write_bytes(sound)


@pytest.mark.slow
@pytest.mark.parametrize("name", WHOLE)
def test_odd_values_in_whole_files(grid, seal, name) -> None:
    draw, run = random.Random(1), _first(grid)
    file = run.folder / name
    whole = json.loads(file.read_text())
    for key in whole:
        for value in draw.sample(ODD, 3):
            file.write_text(json.dumps(whole | {key: value}))
            results = load(seal(grid.folder))
            compute(results)
            assert (results.runs["state"] == State.DAMAGED).sum() <= 1
