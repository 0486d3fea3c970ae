"""Steps that a budget of seconds gave may differ by method, and by nothing else."""

from __future__ import annotations

from reports.load.differences import BUDGETED, UNDECLARED
from reports.load.loader import load
from reports.stats.numbers import compute

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
