"""What an earlier command planned in a folder, and the command that comes after it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench import grid as grids
from bench.grid import Grid
from bench.plan import Former, require_kept, write_plan
from bench.tuned import planned
from runners.errors import UserProblem
from runners.store.grid import GridStore

CHANGES = {"all": {}, "fewer": {"methods": ("none",)}, "more": {"seeds": "3"},
           "others": {"steps": 20}}  # fmt: skip


def grid(what: str, name: str = "smoke.yaml") -> Grid:
    return grids.load(grids.find(name), grids.Overrides(**CHANGES[what]))


def record(store: GridStore, plan: Grid, former: Former | None = None) -> list[str]:
    require_kept(plan, store, former)
    write_plan(plan, store, plan.specs, former=former)
    return store.planned()


@pytest.fixture
def store(tmp_path: Path) -> GridStore:
    store = GridStore(tmp_path / "smoke")
    record(store, grid("all"))
    return store


def test_a_part_of_the_plan_leaves_it_as_it_is(store):
    before = store.plan_file.read_bytes()
    assert len(grid("fewer").specs) < len(store.planned())
    assert "stay planned" in require_kept(grid("fewer"), store, None)[0]
    record(store, grid("fewer"))
    assert store.plan_file.read_bytes() == before


def test_more_runs_extend_it_without_a_word(store):
    before = store.planned()
    assert require_kept(grid("more"), store, None) == []
    after = record(store, grid("more"))
    assert set(before) < set(after) == {spec.run_id for spec in grid("more").specs}


def test_other_runs_need_the_user_s_word_and_nothing_is_written(store):
    before = store.plan_file.read_bytes()
    with pytest.raises(UserProblem, match=r"does not run.*--out OTHER.*--plan add.*--plan replace"):
        record(store, grid("others"))
    assert store.plan_file.read_bytes() == before


def test_they_are_added_or_put_in_its_place(store):
    before, others = store.planned(), [spec.run_id for spec in grid("others").specs]
    assert record(store, grid("others"), Former.ADD) == [*before, *others]
    assert record(store, grid("others"), Former.REPLACE) == others


def test_columns_that_only_the_former_plan_knows_stay(store):
    plan = store.plan()
    plan["columns"].append({"name": "odd", "title": "Odd"})
    store.write_plan(plan["name"], plan["runs"], columns=plan["columns"])
    record(store, grid("others"), Former.ADD)
    assert "odd" in [column["name"] for column in store.plan()["columns"]]


def test_a_plan_that_cannot_be_read_is_replaced_only_on_purpose(store):
    edited = store.plan_file.read_text().replace('"seed": 0', '"seed": 7')
    for text in (edited, "{", '{"name": "smoke"}'):
        store.plan_file.write_text(text)
        for former in (None, Former.ADD):
            with pytest.raises(UserProblem, match="nothing is planned over it: --plan replace"):
                record(store, grid("fewer"), former)
        assert store.plan_file.read_text() == text
    ids = [spec.run_id for spec in grid("fewer").specs]
    assert record(store, grid("fewer"), Former.REPLACE) == ids


def test_a_command_that_planned_meanwhile_is_not_overwritten(store, tmp_path):
    other = GridStore(tmp_path / "new")
    require_kept(grid("others"), other, None)
    first = record(other, grid("fewer"))
    with pytest.raises(UserProblem, match="does not run"):
        write_plan(grid("others"), other, grid("others").specs)
    assert other.planned() == first


def test_runs_of_an_earlier_version_are_no_part_of_the_plan(store):
    plan = store.plan()
    runs = {f"old-{i}": {**one} for i, one in plan["runs"].items()}
    for one in runs.values():
        del one["schedule"]
    store.write_plan(plan["name"], runs)
    assert "earlier version are planned no more" in require_kept(grid("all"), store, None)[0]
    assert record(store, grid("all")) == [spec.run_id for spec in grid("all").specs]


def test_a_tuned_plan_is_replaced_only_on_purpose(tmp_path):
    tuned = grids.load(grids.find("tuned.yaml"), grids.Overrides(trials=3, steps=10))
    assert tuned.tuning
    store = GridStore(tmp_path / "tuned")
    write_plan(tuned, store, tuned.specs, planned(tuned.tuning))
    fewer = grids.load(grids.find("tuned.yaml"), grids.Overrides(trials=2, steps=10))
    more = grids.load(grids.find("tuned.yaml"), grids.Overrides(trials=4, steps=10))
    require_kept(more, store, None)
    for former in (None, Former.ADD):
        with pytest.raises(UserProblem, match=r"plans 10 runs .*or --plan replace") as problem:
            require_kept(fewer, store, former)
        assert "--plan add" not in str(problem.value)
    require_kept(fewer, store, Former.REPLACE)


RECIPES = (
    "base: {dataset: digits, steps: 5}\nmethods: [none, {spectral_norm: , with: {loss: hinge}}]\n"
)


def recipes(tmp_path: Path, seeds: str, **changes: Any) -> Grid:
    (tmp_path / "smoke.yaml").write_text(f"{RECIPES}seeds: {seeds}\n")
    return grids.load(tmp_path / "smoke.yaml", grids.Overrides(**changes))


def test_recipes_are_not_added_to_a_plan_without_them(store, tmp_path):
    before = store.plan_file.read_bytes()
    with pytest.raises(UserProblem, match=r"different keys for themselves .* choose --out OTHER"):
        record(store, recipes(tmp_path, "2"), Former.ADD)
    assert store.plan_file.read_bytes() == before


def test_seeds_are_added_to_recipes_and_a_part_of_them_is_one(tmp_path):
    store = GridStore(tmp_path / "smoke")
    record(store, recipes(tmp_path, "[0]"))
    assert len(record(store, recipes(tmp_path, "[1]"), Former.ADD)) == 4
    assert store.plan()["recipes"] == ["loss"]
    record(store, recipes(tmp_path, "[0]", methods=("none",)), Former.ADD)
    assert (len(store.planned()), store.plan()["recipes"]) == (4, ["loss"])
