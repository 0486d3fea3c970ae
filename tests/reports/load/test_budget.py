"""Steps that a budget of seconds gave may differ by method, and by nothing else."""

from __future__ import annotations

from reports.load.differences import BUDGETED, UNDECLARED
from reports.load.loader import load
from reports.page.cost_words import cost_words
from reports.stats.numbers import compute
from runners.store import calibration
from runners.store.calibration import Measured

GIVEN = {("none", 0): 500, ("none", 1): 500, ("spectral_norm", 0): 250, ("spectral_norm", 1): 250}


def budget_folder(write_grid, make_spec, replan, given):
    """Write a grid of runs with the steps of each method and seed, of a budget of 10 s."""
    folder = write_grid([make_spec(m, seed, steps=n) for (m, seed), n in given.items()])
    replan(folder, axes=[], budget={"seconds": 10.0})
    return folder


def test_methods_of_one_cell_have_the_steps_of_their_budget(write_grid, make_spec, replan) -> None:
    results = load(budget_folder(write_grid, make_spec, replan, GIVEN))
    assert results.cells == [""]
    assert {one.field: one.role for one in results.differences}["steps"] == BUDGETED


def test_runs_of_other_steps_are_no_further_seeds(write_grid, make_spec, replan) -> None:
    apart = GIVEN | {("none", 1): 1000}
    results = load(budget_folder(write_grid, make_spec, replan, apart))
    assert set(results.cells) == {"steps=500", "steps=250", "steps=1000"}
    assert {one.field: one.role for one in results.differences}["steps"] == UNDECLARED


def test_a_seed_planned_with_two_steps_is_two_cells(write_grid, make_spec, replan) -> None:
    specs = [make_spec("none", 0, steps=n) for n in (500, 750)]
    folder = write_grid([*specs, make_spec("spectral_norm", 0, steps=500)])
    replan(folder, axes=[], budget={"seconds": 10.0})
    pairs = compute(load(folder)).pairs
    assert set(pairs["cell"]) == {"steps=500"}
    assert set(pairs["n_first"]) == {1}


def measured(device, **of):
    machine = {"cpu": "EPYC", "device": device, "threads": "1"}
    return Measured({"dataset": {"name": "digits"}, **of}, 0.02, 400, "2026-01-02", machine)


def test_calibrated_by_is_the_device_of_what_is_planned(write_grid, make_spec, replan) -> None:
    folder = budget_folder(write_grid, make_spec, replan, GIVEN)
    plain, normed = ({"name": name} for name in ("none", "spectral_norm"))
    entries = [
        measured("NVIDIA H100", method=plain),
        measured("cpu", method=normed),
        measured("one that no run has", method=normed, ema=True),
        measured("another", method={"name": "gradient_penalty"}),
    ]
    calibration.write(folder, entries)
    results = load(folder)
    assert list(results.calibration) == [one.key for one in entries[:2]]
    (said, *_) = cost_words(results, compute(results)).notes
    assert "Calibrated by NVIDIA H100 on 2026-01-02, EPYC on 2026-01-02." in said


def test_a_run_is_of_the_kind_that_says_most_of_it(write_grid, make_spec, replan) -> None:
    folder = write_grid([make_spec("none", 0, ema=0.99, n_dis=2)])
    replan(folder, axes=[], budget={"seconds": 10.0})
    whole = measured("cpu", method={"name": "none"}, n_dis=2, ema=True)
    calibration.write(folder, [measured("cpu", method={"name": "none"}), whole])
    assert list(load(folder).calibration) == [whole.key]


def test_a_damaged_calibration_leaves_the_runs_readable(write_grid, make_spec, replan) -> None:
    folder = budget_folder(write_grid, make_spec, replan, GIVEN)
    calibration.file(folder).write_text("{")
    results = load(folder)
    assert results.notes[-1].startswith("calibration.json is damaged")
    assert results.calibration == {}
    assert "gone or damaged" in cost_words(results, compute(results)).notes[0]
