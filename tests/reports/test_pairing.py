from reports.cells import AN_AXIS, PERMITS, THE_METHOD, THE_SEED, UNDECLARED
from reports.frame import load
from reports.pairing import pairing, undeclared, violations
from reports.tables.runs import difference_table
from runners.files import write_json
from runners.store.grid import GridStore


def test_equal_hashes_are_a_proof_and_stopped_runs_are_no_counterproof(mixed):
    proof = pairing(mixed.runs)
    assert proof["seed"].tolist() == [0, 1, 2]
    verdicts = proof[["generator_init", "discriminator_init", "batches", "latents"]]
    assert (verdicts == "identical").all(axis=None)
    assert violations(proof) == []


def test_another_start_is_a_violation(write_grid, make_spec):
    specs = [make_spec(m, 7) for m in ("none", "weight_norm")]
    folder = write_grid(specs)
    store = GridStore(folder).run(specs[1].run_id)
    write_json(store.proof_file, store.proof() | {"discriminator_init": "other"})
    proof = pairing(load(folder).runs)
    assert proof["discriminator_init"].tolist() == ["DIFFERENT"]
    assert proof["generator_init"].tolist() == ["identical"]
    (said,) = violations(proof)
    assert said.startswith("seed 7: discriminator_init differs between methods")


def test_one_method_has_nothing_to_compare(write_grid, make_spec):
    proof = pairing(load(write_grid([make_spec("none", 0)])).runs)
    assert proof["batches"].tolist() == ["-"]


def roles(results):
    return {difference.field: difference.role for difference in results.differences}


def test_method_and_seed_may_differ(mixed):
    found = roles(mixed)
    assert found.pop("seed") == THE_SEED
    assert set(found.values()) == {THE_METHOD}
    assert "method.name" in found
    assert undeclared(mixed.differences) == []


def test_the_difference_table_has_a_column_a_method(mixed):
    table = difference_table(mixed).set_index("field")
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
    assert difference_table(results).empty
