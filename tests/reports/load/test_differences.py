from reports.load.differences import AN_AXIS, PERMITS, THE_METHOD, THE_SEED, UNDECLARED
from reports.load.loader import load
from reports.stats.numbers import compute
from reports.stats.pairing import undeclared
from reports.tables.differences import difference_table


def roles(results):
    return {difference.field: difference.role for difference in results.differences}


def test_method_and_seed_may_differ(mixed):
    found = roles(mixed)
    assert found.pop("seed") == THE_SEED
    assert set(found.values()) == {THE_METHOD}
    assert "method.name" in found
    assert undeclared(mixed.differences) == []


def test_the_difference_table_has_a_column_a_method(mixed, numbers_of):
    table = difference_table(mixed, numbers_of(mixed)).set_index("field")
    assert table.loc["seed", "none"] == "0, 1, 2"
    assert table.loc["method.c", "weight_clipping"] == "0.01"
    assert table.loc["method.c", "none"] == "–"


def test_an_axis_every_method_runs_in_full_may_differ(write_grid, make_spec):
    specs = [
        make_spec(method, seed, loss=loss)
        for method in ("none", "weight_norm")
        for seed in range(2)
        for loss in ("hinge", "nonsaturating")
    ]
    found = load(write_grid(specs))
    assert roles(found)["loss"] == AN_AXIS
    assert undeclared(found.differences) == []


def test_a_field_that_changes_with_the_method_is_undeclared(write_grid, make_spec):
    slow = {"optimizer": {"name": "adam", "lr": 1e-4}, "force": True}
    specs = [make_spec("none", s) for s in range(2)]
    specs += [make_spec("weight_norm", s, **slow) for s in range(2)]
    found = load(write_grid(specs))
    assert roles(found)["optimizer.lr"] == UNDECLARED
    assert roles(found)["force"] == PERMITS
    (said,) = undeclared(found.differences)
    assert said.startswith("optimizer.lr changes along with the method")


def test_a_field_that_changes_with_the_seed_is_undeclared(write_grid, make_spec):
    specs = [make_spec(m, s, batch_size=32 * (s + 1)) for m in ("none", "weight_norm")
             for s in range(2)]  # fmt: skip
    assert roles(load(write_grid(specs)))["batch_size"] == UNDECLARED


def test_one_run_differs_in_nothing(write_grid, make_spec):
    results = load(write_grid([make_spec("none", 0)]))
    assert results.differences == ()
    assert difference_table(results, compute(results)).empty
