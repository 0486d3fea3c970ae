"""How many runs fit a device, and which GPU a worker sees."""

from __future__ import annotations

import os

import pytest

from runners.engines import chosen
from runners.engines import slots as counted
from runners.engines.base import Attempt
from runners.engines.local import LocalEngine
from runners.engines.resources import Resources
from runners.engines.slots import cores, most, slots, visible
from runners.engines.task import begin
from runners.engines.worker import Worker
from runners.errors import UserProblem
from runners.options import Options
from runners.store.grid import GridStore


def test_a_processor_takes_one_run_per_core_unless_told_otherwise(monkeypatch) -> None:
    monkeypatch.setattr(counted, "cores", lambda: 6)
    assert slots(["cpu"]) == {"cpu": 6}
    assert slots(["cpu"], Resources(workers=2)) == {"cpu": 2}
    assert cores() >= 1
    assert most() == 24
    monkeypatch.setattr(counted, "cores", lambda: 1)
    assert most() == 16, "one core may drive several GPUs"


@pytest.mark.parametrize(
    ("gpus", "workers", "expected"),
    [
        (1, None, {"cuda:0": 1}),
        (2, None, {"cuda:0": 1, "cuda:1": 1}),
        (2, 1, {"cuda:0": 1}),
        (2, 3, {"cuda:0": 2, "cuda:1": 1}),
    ],
)
def test_gpus_take_one_run_each_and_workers_are_dealt_out(gpus, workers, expected) -> None:
    assert slots([f"cuda:{n}" for n in range(gpus)], Resources(workers=workers)) == expected


def test_a_gpu_is_named_as_this_process_was_allowed_to_see_it(monkeypatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert (visible("cpu"), visible("cuda:1")) == (None, "1")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4, GPU-6b")
    assert (visible("cpu"), visible("cuda:1")) == (None, "GPU-6b")


def test_a_worker_sees_the_gpu_it_was_begun_for_only(monkeypatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    begin(Options(), None)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0,1"
    begin(Options(), "1")
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "1"


def test_prepare_finds_the_slots_of_the_device(tiny) -> None:
    with LocalEngine(Options(device="cpu"), Resources(workers=3)) as engine:
        engine.prepare([tiny()], lambda *_: None)
        assert engine.slots == {"cpu": 3}
        assert engine.free == 3
        assert len(engine.idle) == 1


def test_each_gpu_has_workers_of_its_own(tiny, tmp_path) -> None:
    with LocalEngine(Options(device="cpu"), Resources(workers=2)) as engine:
        engine.slots = {"cuda:0": 1, "cuda:1": 1}
        for spec in (tiny(steps=100_000), tiny(steps=100_000, seed=1)):
            engine.submit(Attempt(spec, 1, GridStore(tmp_path).run(spec.run_id).folder))
        assert [worker.device for worker in engine.busy] == ["cuda:0", "cuda:1"]
        assert engine.free == 0


def test_a_worker_is_told_its_gpu_first(monkeypatch) -> None:
    sent: list[tuple[object, ...]] = []
    monkeypatch.setattr(Worker, "send", lambda _, *message: sent.append(message))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    with LocalEngine(Options(), Resources(workers=1)) as engine:
        engine.idle.append(Worker(engine.context, engine.options, "cuda:1"))
        assert sent == [(engine.options, "1")]


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        (Resources(per_device=3), {"cuda:0": 3, "cuda:1": 3}),
        (Resources(devices=("cuda:1",)), {"cuda:1": 1}),
        (Resources(devices=("cuda:1",), per_device=2), {"cuda:1": 2}),
        (Resources(devices=("cuda:1", "cuda:0"), workers=3), {"cuda:1": 2, "cuda:0": 1}),
    ],
)
def test_devices_take_what_they_are_asked_to(resources, expected) -> None:
    assert slots(["cuda:0", "cuda:1"], resources) == expected


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"workers": 2, "per_device": 2}, "--workers counts all runs at once"),
        ({"devices": ("gpu",)}, "--devices gpu: is no device; name cpu, or cuda:0"),
        ({"devices": ("cpu", "cpu")}, "--devices: one is named twice"),
        ({"devices": ("cpu", "cuda:0")}, "--devices: cpu and GPUs in one command"),
        ({"per_device": 9999}, "--per-device 9999: at most"),
        ({"workers": 9999}, "--workers 9999: at most"),
    ],
)
def test_what_no_machine_gives_is_refused(asked, words) -> None:
    with pytest.raises(UserProblem, match=words):
        chosen("local", Resources(**asked))


def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(UserProblem, match="--devices cuda:7: there is cuda:0, cuda:1 here"):
        slots(["cuda:0", "cuda:1"], Resources(devices=("cuda:7",)))


def test_what_an_engine_does_not_know_is_refused_with_who_does() -> None:
    with pytest.raises(UserProblem, match="--engine local: --address is for "):
        chosen("local", Resources(address="auto"))
