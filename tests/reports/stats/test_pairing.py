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
