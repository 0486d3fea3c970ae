"""The most memory in use: a run's own, whatever the process held before it."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from runners import checkpoint, memory
from runners.memory import GPU_MEMORY, PROCESS_MEMORY, Memory, only
from runners.options import Options
from runners.store.run import RunStore
from runners.store.states import State
from runners.train import train

MIB = 1024 * 1024
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tell")


def _use(mib: int) -> None:
    np.ones(mib * MIB // 8).sum()  # pages that were written count, and are given back


@linux
def test_what_was_used_before_does_not_count_and_what_is_given_back_does() -> None:
    _use(100)
    watch = Memory("cpu")
    before = watch.peaks({})[PROCESS_MEMORY] or 0
    _use(60)
    after = watch.peaks({})[PROCESS_MEMORY] or 0
    assert 40 * MIB < after - before < 90 * MIB
    assert (Memory("cpu").peaks({})[PROCESS_MEMORY] or 0) < after - 40 * MIB


@linux
def test_over_attempts_the_highest_is_kept_and_what_is_not_known_stays_so() -> None:
    watch = Memory("cpu")
    assert watch.peaks({PROCESS_MEMORY: 2**50}) == {PROCESS_MEMORY: 2**50}
    assert only(watch.peaks({PROCESS_MEMORY: None})) is None
    assert only({PROCESS_MEMORY: 5}) == 5
    assert only({PROCESS_MEMORY: 5, GPU_MEMORY: 7}) is None, "two kinds are no number"


def test_where_the_system_cannot_tell_there_is_no_number(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(memory, "PROCESS", tmp_path / "absent")
    assert only(Memory("cpu").peaks({})) is None


@linux
def test_a_run_stores_its_cost_and_keeps_its_peak_when_it_goes_on(tiny, tmp_path) -> None:
    spec = tiny()
    store = RunStore(tmp_path / "runs" / spec.run_id)
    store.create(spec.as_dict)
    stops = iter([False, True])
    train(spec, store, Options(), lambda: next(stops))
    saved = checkpoint.load(store)
    assert saved
    earlier = 2**50
    checkpoint.save(store, {**saved, "peaks": {PROCESS_MEMORY: earlier}})
    assert train(spec, store, Options()).state == State.FINISHED
    assert store.status().peak_bytes == earlier


def test_a_checkpoint_of_an_earlier_version_goes_on_without_a_peak(tiny, tmp_path) -> None:
    spec = tiny()
    store = RunStore(tmp_path / "runs" / spec.run_id)
    store.create(spec.as_dict)
    train(spec, store, Options(), lambda: True)
    saved = checkpoint.load(store)
    assert saved
    checkpoint.save(store, {k: v for k, v in saved.items() if k != "peaks"})
    assert train(spec, store, Options()).state == State.FINISHED
    assert store.status().peak_bytes is None
    assert (store.status().flops_per_step or 0) > 0
