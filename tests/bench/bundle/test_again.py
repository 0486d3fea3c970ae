"""A run made again, held against what is bundled: by bytes, or by the bands of its seeds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.bundle.again import compared, like, sampled, spec_of
from runners.errors import UserProblem
from runners.files import write_json
from runners.options import Options
from runners.store.grid import GridStore
from runners.store.proof import BEFORE, ENVIRONMENT, ROUNDING
from runners.store.run import RunStore
from runners.store.states import State, Status

FINISHED = Status(State.FINISHED)


@pytest.fixture
def again(stored, forged) -> RunStore:
    """A run that was made again, to change; what is bundled is its twin."""
    return forged().run("none")


@pytest.fixture
def bundled(stored, again) -> RunStore:
    return GridStore(stored / "g").run(again.run_id)


def elsewhere(run: RunStore) -> RunStore:
    write_json(run.proof_file, run.proof() | {"instructions": "SSE"})
    return run


def bands_around(run: RunStore, seeds: int, shift: float = 0.0) -> list:
    row = run.rows("scores")[-1]
    low = row["fid"] + shift
    return [{"runs": [run.run_id], "columns": {"scores.fid": [[row["step"], low, low + 1, seeds]]}}]


def test_the_same_bytes_on_the_same_kind_of_machine(bundled, again) -> None:
    words, wrong, held = compared(bundled, again, FINISHED, [])
    assert held
    assert (words, wrong) == ("the same kind of machine, the same bytes", [])


def test_one_other_number_is_named_there(forged, bundled, again) -> None:
    rows = again.rows("scores")
    again.rows_file("scores").unlink()
    again.append("scores", [*rows[:-1], rows[-1] | {"fid_test": 1.5}])
    _, (line,), _ = compared(bundled, again, FINISHED, [])
    assert f"{again.run_id}: made again, not the same: scores.jsonl, step 6: fid_test is " in line
    assert " and 1.5 here" in line


def test_other_arrays_are_told_and_large_ones_are_not_unpacked(bundled, again) -> None:
    np.savez_compressed(again.samples_file, **np.load(bundled.samples_file))
    assert compared(bundled, again, FINISHED, [])[1] == []
    np.savez_compressed(again.samples_file, images=np.zeros(10))
    _, (line,), _ = compared(bundled, again, FINISHED, [])
    assert "samples.npz holds other arrays" in line
    again.samples_file.write_bytes(b"PK\x03\x04")
    _, (line,), _ = compared(bundled, again, FINISHED, [])
    assert "samples.npz holds other arrays" in line


def test_another_end_is_told(bundled, again) -> None:
    write_json(again.status_file, {"state": "diverged", "step": 3})
    _, (line,), _ = compared(bundled, again, FINISHED, [])
    assert "finished at step 6 in the bundle, diverged at step 3 here" in line
    _, (line,), _ = compared(bundled, again, Status(State.CRASHED, reason="out of memory"), [])
    assert line == f"{again.run_id}: crashed here: out of memory"


def test_another_kind_of_machine_asks_for_the_bands(bundled, again) -> None:
    elsewhere(again)
    there = bundled.proof()["instructions"]
    words, wrong, _ = compared(bundled, again, FINISHED, bands_around(again, 5))
    assert wrong == []
    assert words.startswith(f"another kind of machine (instruction set {there} there, SSE here): ")
    assert "0 of 1 losses and scores outside the bands of its seeds" in words
    words, (line,), _ = compared(bundled, again, FINISHED, bands_around(again, 5, shift=2.5))
    assert "1 of 1 losses and scores outside the bands of its seeds, more than 5%" in line
    assert line.endswith("most in scores.fid")


def test_a_machine_is_another_kind_where_it_rounds_differently(bundled, again) -> None:
    proof = bundled.proof()
    for key, name in ENVIRONMENT.items():
        write_json(again.proof_file, proof | {key: "other"})
        words, _, _ = compared(bundled, again, FINISHED, [])
        other = f"another kind of machine ({name} {proof[key]} there, other here)"
        assert words.startswith(other if key in ROUNDING else "the same kind of machine")


def test_a_run_whose_version_noted_no_kernels_used_those_of_then(bundled, again) -> None:
    proof = bundled.proof()
    here = proof.pop("kernels")
    write_json(again.proof_file, proof)
    words, _, _ = compared(again, bundled, FINISHED, [])
    other = (
        f"another kind of machine ({ENVIRONMENT['kernels']} {BEFORE['kernels']} there, {here} here)"
    )
    assert words.startswith("the same kind" if here == BEFORE["kernels"] else other)


def test_the_docs_list_all_that_decides_it() -> None:
    *most, last = (ENVIRONMENT[key] for key in ROUNDING)
    text = " ".join((Path(__file__).parents[3] / "docs" / "bundles.md").read_text().split())
    assert f"Where {', '.join(most)} and {last} are those of the bundle" in text


def test_too_few_seeds_compare_nothing_and_say_so(bundled, again) -> None:
    words, wrong, held = compared(bundled, elsewhere(again), FINISHED, bands_around(again, 2))
    assert wrong == []
    assert "fewer than 3 seeds" in words
    assert "nothing was compared" in words
    assert not held


def test_the_option_that_is_told_names_the_file_and_nothing_else(bundled, tmp_path) -> None:
    spec = bundled.spec() | {"method": {"name": "mine"}, "plugins": ["my $(touch x).py@0123abcd"]}
    run = RunStore(tmp_path / "runs" / bundled.run_id)
    run.create(spec)
    with pytest.raises(UserProblem, match=r" --plugin 'my \$\(touch x\)\.py' makes it again"):
        spec_of(run)


def test_the_bundles_hash_chooses_the_run() -> None:
    assert sampled(["a", "b", "c"], f"{4:064x}") == "b"
    assert {sampled(["a", "b", "c"], f"{n:064x}") for n in range(3)} == {"a", "b", "c"}


def test_what_ran_on_a_processor_is_made_again_on_one_unless_another_device_is_named(
    bundled,
) -> None:
    assert like(Options(device="auto"), [bundled]).device == "cpu"
    assert like(Options(device="cuda"), [bundled]).device == "cuda"
    elsewhere = RunStore(bundled.folder.with_name("nowhere"))
    assert like(Options(device="auto"), [bundled, elsewhere]).device == "auto"
