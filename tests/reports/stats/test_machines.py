"""What the report says of runs that were made on several machines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reports.load.loader import load
from reports.page.html import page
from reports.stats.machines import apart, several_machines
from reports.stats.numbers import compute
from runners.files import write_json
from runners.store.grid import GridStore
from runners.store.states import State

HERE = {"python": "3.11.7", "torch": "2.15.0", "device": "cpu", "processor": "x86_64",
        "instructions": "AVX512", "threads": "1", "cpu": "Big", "host": "a", "numpy": "2.4",
        "torch_fidelity": "0.4.0", "suite": "0.1.0"}  # fmt: skip
THERE = HERE | {"instructions": "AVX2", "cpu": "Small", "host": "b"}
OLDER = {key: HERE[key] for key in ("python", "torch", "device", "processor", "instructions",
                                    "threads")}  # fmt: skip


@pytest.fixture
def ran(write_grid, make_spec, seal) -> Callable[..., Any]:
    """Load none and spectral norm under two seeds: ran({(method, seed): environment})."""

    def call(places: dict[tuple[str, int], dict[str, str]], **options: Any) -> Any:
        specs = [make_spec(m, s) for s in (0, 1) for m in ("none", "spectral_norm")]
        folder = write_grid(specs, **options)
        for spec in specs:
            run = GridStore(folder).run(spec.run_id)
            where = places.get((spec.method.name, spec.seed), HERE)
            if run.proof_file.exists():
                write_json(run.proof_file, run.proof() | where)
        return load(seal(folder))

    return call


def said(results: Any) -> tuple[str, str]:
    return several_machines(results.runs), apart(results.runs)


def test_nothing_is_said_of_runs_made_alike_or_not_begun(ran, mixed) -> None:
    assert said(ran({})) == ("", "")
    assert said(ran({}, states={("none", 1): State.MISSING})) == ("", "")
    assert said(mixed) == ("", "")


def test_what_differs_is_listed_with_its_runs(ran) -> None:
    results = ran({("none", 1): THERE, ("spectral_norm", 1): THERE | {"host": "c"}})
    assert said(results) == (
        "The runs were not all made on the same: instruction set AVX512 (2 runs), AVX2 (2 runs); "
        "processor's model Big (2 runs), Small (2 runs); host a (2 runs), b (1 run), c (1 run).",
        "",
    )


def test_a_pair_on_two_instruction_sets_is_warned_of(ran, numbers_of) -> None:
    results = ran({("none", 1): THERE})
    warning = said(results)[1]
    assert warning.startswith("Methods of seed 1 ran on different instruction sets (AVX2, AVX512)")
    text = page(results, compute(results), [])
    assert "Warning: rounding is not paired." in text
    assert "Methods of seed 1 ran on different" in text
    assert "host a (3 runs), b (1 run)" in text
    assert "rounding is not paired" not in page(ran({}), compute(ran({})), [])


def test_a_run_that_moved_on_the_way_is_no_pair_of_one_that_did_not(ran) -> None:
    moved = HERE | {"instructions": "AVX512, then AVX2"}
    assert "Methods of seed 0 ran" in said(ran({("none", 0): moved}))[1]


def test_what_older_runs_did_not_note_is_unknown_only_where_others_differ(ran) -> None:
    assert said(ran({("none", 0): OLDER})) == ("", "")
    found = said(ran({("none", 0): OLDER, ("none", 1): HERE | {"host": "b"}}))
    assert found[0].endswith("same: host a (2 runs), unknown (1 run), b (1 run).")
    first = {key: HERE[key] for key in ("python", "torch")}
    found = said(ran({("none", 0): first}))
    assert "instruction set AVX512 (3 runs), unknown (1 run)" in found[0]
    assert "host" not in found[0]
    assert not found[1]
