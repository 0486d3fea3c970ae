"""Methods with recipes of their own compete in one cell, and the page says what they differ in."""

import pytest

from reports.load.differences import RECIPE, UNDECLARED
from reports.load.loader import load
from reports.page.headline import headline
from reports.stats.numbers import compute
from reports.stats.pairing import violations
from runners.errors import StoreProblem

RMSPROP = {"name": "rmsprop", "lr": 5e-5}


def recipes(write_grid, make_spec, replan):
    specs = [
        spec
        for seed in (0, 1)
        for spec in (
            make_spec("none", seed),
            make_spec("weight_clipping", seed, loss="wasserstein", optimizer=RMSPROP, n_dis=2),
            make_spec("spectral_norm", seed),
            make_spec("spectral_norm", seed, loss="hinge"),
        )
    ]
    folder = write_grid(specs)
    replan(folder, axes=[], recipes=["loss", "optimizer", "n_dis"])
    return load(folder)


def test_they_are_of_one_cell_and_told_apart_where_they_must_be(write_grid, make_spec, replan):
    results = recipes(write_grid, make_spec, replan)
    assert results.cells == [""]
    assert results.methods == [
        "none", "weight_clipping",
        "spectral_norm with loss=nonsaturating", "spectral_norm with loss=hinge",
    ]  # fmt: skip


def test_what_they_set_is_the_recipes_and_nothing_else(write_grid, make_spec, replan):
    found = {one.field: one.role for one in recipes(write_grid, make_spec, replan).differences}
    assert {found[field] for field in ("loss", "optimizer.lr", "n_dis")} == {RECIPE}
    assert UNDECLARED not in found.values()
    folder = write_grid([make_spec("none", 0), make_spec("spectral_norm", 0, loss="hinge")])
    replan(folder, axes=[])
    assert {one.field: one.role for one in load(folder).differences}["loss"] == UNDECLARED


def test_the_page_puts_nothing_down_to_the_constraint(write_grid, make_spec, replan):
    results = recipes(write_grid, make_spec, replan)
    numbers = compute(results)
    said = headline(results, numbers)
    assert said is not None
    assert "besides the constraint they differ in optimizer, loss and n_dis, so that" in said.scope
    assert violations(numbers.pairing) == []


def test_a_damaged_list_is_named(write_grid, make_spec, replan):
    folder = write_grid([make_spec("none", 0)])
    replan(folder, recipes=[1])
    with pytest.raises(StoreProblem, match="recipes is no list of names"):
        load(folder)
