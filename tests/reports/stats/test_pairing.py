import pandas as pd

from reports.load.loader import load
from reports.stats.pairing import pairing, violations
from runners.files import write_json
from runners.store.grid import GridStore


def test_equal_hashes_are_a_proof_and_stopped_runs_are_no_counterproof(mixed):
    proof = pairing(mixed.runs)
    assert proof["seed"].tolist() == [0, 1, 2]
    verdicts = proof[["generator_init", "discriminator_init", "batches", "latents"]]
    assert (verdicts == "identical").all(axis=None)
    assert violations(proof) == []


def test_another_start_is_a_violation(write_grid, make_spec, seal):
    specs = [make_spec(m, 7) for m in ("none", "weight_norm")]
    folder = write_grid(specs)
    store = GridStore(folder).run(specs[1].run_id)
    write_json(store.proof_file, store.proof() | {"discriminator_init": "other"})
    proof = pairing(load(seal(folder)).runs)
    assert proof["discriminator_init"].tolist() == ["DIFFERENT"]
    assert proof["generator_init"].tolist() == ["identical"]
    (said,) = violations(proof)
    assert said.startswith("seed 7: discriminator_init differs between methods")


def test_one_method_has_nothing_to_compare(write_grid, make_spec):
    proof = pairing(load(write_grid([make_spec("none", 0)])).runs)
    assert proof["batches"].tolist() == ["-"]


def frame(n_dis, batches):
    runs = [
        {"cell": "tuned", "seed": 0, "state": "finished", "generator_init": "g",
         "discriminator_init": "d", "batches": b, "latents": f"z{n}", "spec.n_dis": n}
        for n, b in zip(n_dis, batches, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(runs)


def test_batches_may_differ_by_a_tuned_n_dis():
    proof = pairing(frame([1, 2, 2], ["b1", "b2", "b2"]), chosen=("n_dis",))
    assert proof["batches"].tolist() == proof["latents"].tolist() == ["differ by n_dis"]
    assert violations(proof) == []


def test_methods_of_one_n_dis_must_see_the_same_batches():
    proof = pairing(frame([1, 2, 2], ["b1", "b2", "other"]), chosen=("n_dis",))
    assert proof["batches"].tolist() == ["DIFFERENT"]
    assert proof["latents"].tolist() == ["differ by n_dis"]


def test_what_was_not_tuned_excuses_nothing():
    assert pairing(frame([1, 2], ["b1", "b2"]))["batches"].tolist() == ["DIFFERENT"]


def test_a_tuned_grid_is_paired_where_it_can_be(tuned, numbers_of):
    proof = numbers_of(tuned).pairing.set_index("cell")
    assert set(proof.loc["default", "batches"]) == {"identical"}
    assert set(proof.loc["tuned", "batches"]) == {"differ by n_dis"}
    assert set(proof.loc["tuned", "generator_init"]) == {"identical"}


def test_networks_may_differ_by_a_recipes_model_and_by_nothing_else():
    runs = frame([1, 1, 1], ["b", "b", "b"]).assign(
        discriminator_init=["plain", "normed", "plain"],
        **{"spec.model.norm": ["none", "batch", "none"]},
    )
    assert pairing(runs, chosen=("model.norm",))["discriminator_init"].tolist() == [
        "differ by model.norm"
    ]
    assert pairing(runs, chosen=("loss",))["discriminator_init"].tolist() == ["DIFFERENT"]
    same = runs.assign(**{"spec.model.norm": ["none", "batch", "batch"]})
    assert pairing(same, chosen=("model.norm",))["discriminator_init"].tolist() == ["DIFFERENT"]


def test_imported_runs_are_never_called_paired(mixed):
    (said,) = violations(pairing(mixed.runs), paired=False)
    assert "carry no hashes" in said
    assert "as a pair" in said
