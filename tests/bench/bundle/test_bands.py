"""Reference bands: what is outside, how much of it is too much, and what too few seeds say."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.bundle import bands
from runners.store.grid import GridStore
from runners.store.run import RunStore


def run(folder: Path, name: str, *losses: float | None, fid: float = 1.0) -> RunStore:
    store = RunStore(folder / "runs" / name)
    store.folder.mkdir(parents=True)
    store.append("metrics", [{"step": n, "loss_d": loss} for n, loss in enumerate(losses)])
    store.append("scores", [{"step": 0, "fid": fid, "protocol": "p"}])
    return store


def found(folder: Path, seeds: int) -> bands.Bands:
    """Return the bands of runs whose losses are their seeds at ten steps, and of another method."""
    for seed in range(seeds):
        run(folder, f"s{seed}", *[float(seed)] * 10)
    run(folder, "other", *[50.0] * 10)
    specs = {f"s{seed}": {"method": "none", "seed": seed} for seed in range(seeds)}
    plan = {"runs": {**specs, "other": {"method": "else", "seed": 0}}}
    return bands.bands(GridStore(folder), plan)


def test_a_band_lies_between_the_smallest_and_the_largest_of_its_seeds(tmp_path) -> None:
    mine, other = found(tmp_path, 3)
    assert mine["runs"] == ["s0", "s1", "s2"]
    assert mine["columns"]["metrics.loss_d"][4] == [4, 0.0, 2.0, 3]
    assert mine["columns"]["scores.fid"] == [[0, 1.0, 1.0, 3]]
    assert other["columns"]["metrics.loss_d"][4] == [4, 50.0, 50.0, 1]


@pytest.mark.parametrize(("seeds", "inside"), [(3, 2 + 4 * 2), (4, 3 + 2.5 * 3), (8, 7 + 2 * 7)])
def test_few_seeds_have_wider_bands(tmp_path, seeds, inside) -> None:
    made = found(tmp_path, seeds)
    at, beyond = run(tmp_path, "a", *[inside] * 10), run(tmp_path, "b", *[inside + 0.01] * 10)
    assert bands.outside(made, "s0", at) == (0, 11, [])
    assert bands.outside(made, "s0", beyond) == (10, 11, ["metrics.loss_d"])


def test_a_run_that_ends_early_is_outside_where_it_is_not(tmp_path) -> None:
    made = found(tmp_path, 5)
    assert bands.outside(made, "s0", run(tmp_path, "a", 1.0, None)) == (
        9, 11, ["metrics.loss_d"],
    )  # fmt: skip


def test_fewer_seeds_than_three_make_no_band(tmp_path) -> None:
    made = found(tmp_path, 2)
    again = run(tmp_path, "a", 1.0)
    assert bands.outside(made, "s0", again) is None
    assert bands.outside(made, "nobody", again) is None


def test_a_twentieth_of_a_runs_values_may_be_outside() -> None:
    assert not bands.too_far(5, 100)
    assert bands.too_far(6, 100)


def test_bands_that_are_not_those_of_the_rows_are_named(tmp_path) -> None:
    made = found(tmp_path, 3)
    assert list(bands.differing(made, made)) == []
    for column, band in (("metrics.loss_d", [4, 0.0, 2.0, 3]), ("scores.fid", [0, 1.0, 1.0, 3])):
        stored = found(tmp_path / column, 3)
        place = next(n for n, b in enumerate(stored[0]["columns"][column]) if b == band)
        stored[0]["columns"][column][place] = [band[0], 0.5, *band[2:]]
        (line,) = bands.differing(stored, made)
        assert f"s0 and its other seeds: {column}, step {band[0]}: not {band[1]} to" in line
    for more in ({"scores.fid": [[0, 1.0, 1.0, 3], [0, -1e300, 1e300, 5]]}, {"scores.kid": []}):
        (line,) = bands.differing([made[0] | {"columns": made[0]["columns"] | more}, made[1]], made)
        assert line.endswith("s0 and its other seeds: has bands that no run has a value in")
    (line,) = bands.differing(made[:1], made)
    assert "one entry for each of the 2 settings" in line
    (line,) = bands.differing([made[0] | {"runs": []}, made[1]], made)
    assert "lists other runs" in line
