"""Ray clusters that lose nodes, actors and drivers: no run is lost, no process is left."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray")

from ray_clusters import cluster

from runners.engines import ray_layout, ray_slot
from runners.engines.ray_engine import RayEngine
from runners.engines.ray_far import Facts
from runners.engines.resources import Resources
from runners.engines.scheduler import Scheduler
from runners.errors import UserProblem
from runners.options import Limits, Options
from runners.spec import RunSpec
from runners.store.grid import GridStore
from runners.store.probe import Probe
from runners.store.run import RunStore
from runners.store.states import State

HANG = 900.0
NUMBERS = ("metrics", "scores", "spectra", "diagnostics", "best")
OWN = ("ray::Far", "multiprocessing.forkserver")
"""Command lines of what the engine starts on a node."""

pytestmark = pytest.mark.slow


@pytest.fixture
def mark(tmp_path: Path, monkeypatch) -> bytes:
    """What is in the environment of everything that the clusters of a test start."""
    monkeypatch.setenv("BENCH_TEST_RAY", name := f"{tmp_path.name}-{os.getpid()}")
    return f"BENCH_TEST_RAY={name}\0".encode()


def _processes(mark: bytes) -> Iterator[tuple[int, str]]:
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (folder / "environ").read_bytes():
                yield int(folder.name), (folder / "cmdline").read_text().replace("\0", " ")


def _started(mark: bytes) -> list[str]:
    """Return the command lines of what the engine started and is still there."""
    return [line for _, line in _processes(mark) if any(name in line for name in OWN)]


def _numbers(store: RunStore) -> dict[str, bytes]:
    files = [store.rows_file(name) for name in NUMBERS]
    return {file.name: file.read_bytes() for file in (*files, store.proof_file, store.floor_file)}


def _unseen(folder: Path) -> Probe:
    return Probe(folder / "elsewhere", "")


LONG = {"steps": 1000, "evaluation": {"every": 50, "samples": 200}, "diagnostics_every": 500}


def _specs(tiny) -> list[RunSpec]:
    methods = ("none", "spectral_norm", "weight_clipping")
    return [tiny(method=method, seed=seed, **LONG) for seed in (0, 1) for method in methods]


class Losing:
    """Removes a node once a run on it has a checkpoint; keeps what the run's folder was then."""

    def __init__(self, engine: RayEngine, made: Any, node: Any) -> None:
        self.engine, self.made, self.node = engine, made, node
        self.store: RunStore | None = None
        self.timing = b""

    def __call__(self, _running: object) -> None:
        for slot in self.engine.slots if self.store is None else ():
            attempt = slot.attempt
            if slot.node.id != self.node.node_id or attempt is None:
                continue
            store = RunStore(attempt.folder)
            if store.checkpoint_file.exists() and not store.is_done():
                self.made.remove_node(self.node, allow_graceful=False)
                self.store, self.timing = store, store.rows_file("timing").read_bytes()


@pytest.mark.parametrize("shared", [True, False], ids=["shared", "shipped"])
def test_a_node_lost_in_the_middle_of_a_grid_loses_nothing(
    tiny, trained, tmp_path, monkeypatch, mark, capfd, shared
) -> None:
    if not shared:
        monkeypatch.setattr(ray_slot, "probe", _unseen)
    specs, grid, told = _specs(tiny), GridStore(tmp_path / "g"), []
    with cluster(1) as made:
        node = made.add_node(num_cpus=1)
        with RayEngine(Options(), Resources(address=made.address)) as engine:
            scheduler = Scheduler(engine, Limits(retries=1), lambda _, text: told.append(text))
            scheduler.prepare(specs)
            assert engine.free == 2
            losing = Losing(engine, made, node)
            ended = dict(scheduler.run(specs, grid, losing))
            assert engine.free == 1
    assert "raylet" not in "".join(capfd.readouterr())
    assert {status.state for status in ended.values()} == {State.FINISHED}
    assert len([text for text in told if text.endswith("retry 1 of 1")]) == 1, told
    for spec in specs:
        assert _numbers(grid.run(spec.run_id)) == _numbers(trained(spec, "alone"))
    store, kept = losing.store, losing.timing.splitlines()[:2]
    assert store
    assert store.rows_file("timing").read_bytes().splitlines()[:2] == kept  # no new start
    assert not list(_processes(mark))


def test_an_actor_that_is_killed_costs_its_run_one_attempt(tiny, trained, tmp_path, mark) -> None:
    spec, grid, told = tiny(**LONG), GridStore(tmp_path / "g"), []
    store, killed = grid.run(spec.run_id), []

    def kill(_running: object) -> None:
        if not killed and store.checkpoint_file.exists():
            killed.append(_parent(_parent(worker := store.holder().pid)))
            os.kill(killed[0], signal.SIGKILL)
            _until(lambda: not Path(f"/proc/{worker}").exists())

    with cluster(1) as made, RayEngine(Options(), Resources(address=made.address)) as engine:
        scheduler = Scheduler(engine, Limits(retries=1), lambda _, text: told.append(text))
        ended = dict(scheduler.run([spec], grid, kill))
    assert ended[spec].state == State.FINISHED
    (text,) = [text for text in told if text.endswith("retry 1 of 1")]
    assert "actor is dead" in text
    assert _numbers(store) == _numbers(trained(spec, "alone"))


def test_gpus_are_shared_out_and_another_version_is_refused(tiny, monkeypatch, mark) -> None:
    with cluster(0) as made:
        made.add_node(num_cpus=8, num_gpus=2)
        with RayEngine(Options(), Resources(address=made.address, gpus=0.5)) as engine:
            assert engine.free == 4
            engine.prepare([tiny()], lambda *_: None)
            _until(lambda: len(list(_forkservers(mark))) >= 4)
            shown = sorted(_forkservers(mark))
            assert shown == [b"0", b"0", b"1", b"1"]
        monkeypatch.setattr(ray_layout, "facts", lambda: Facts("another", "0"))
        with (
            RayEngine(Options(), Resources(address=made.address)) as engine,
            pytest.raises(UserProblem, match=r"node .* here it is another with torch 0"),
        ):
            engine.prepare([tiny()], lambda *_: None)


def _forkservers(mark: bytes) -> Iterator[bytes]:
    """Yield the GPUs that those servers see from which the workers are forked."""
    for pid, line in _processes(mark):
        if "multiprocessing.forkserver" in line and "ray::Far" in _line(_parent(pid)):
            environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            yield from (
                line.partition(b"=")[2]
                for line in environment
                if line.startswith(b"CUDA_VISIBLE_DEVICES=")
            )


def _line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _until(look: Any, seconds: float = HANG) -> bool:
    end = time.monotonic() + seconds
    while not look() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(look())


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("own", [2, 0], ids=["own Ray", "a cluster"])
def test_drivers_killed_at_random_lose_nothing_and_leave_nothing(
    grid, start, numbers, mark, own
) -> None:
    grid("[none, spectral_norm, weight_clipping, gradient_penalty]", steps=400)
    assert start("--workers", "1", "--out", "whole").wait() == 0
    draw, quick = random.Random(0), {"BENCH_LEASE": "2"}
    with contextlib.nullcontext() if own else cluster(2) as made:
        where = ("--engine", "ray", *(("--address", made.address) if made else ()))
        killed = []
        while len(killed) < (own or 20):
            bench = start(*where, "--workers", "2", **quick)
            bench.says("preparing")
            with contextlib.suppress(subprocess.TimeoutExpired):
                bench.process.wait(draw.uniform(0, 7))
            if bench.process.poll() is not None:  # a fast machine: once more from the beginning
                assert bench.wait() == 0, bench.text()
                assert numbers(bench.runs) == numbers(bench.folder / "whole/g/runs")
                shutil.rmtree(bench.runs.parent)
                continue
            bench.process.kill()
            bench.wait()
            killed.append(bench)
        last = start(*where, "--workers", "2", **quick)
        assert last.wait() == 0, last.text()
        assert numbers(last.runs) == numbers(last.folder / "whole/g/runs")
        assert _until(lambda: not _started(mark), 180), _started(mark)
    assert _until(lambda: not list(_processes(mark)), 180), list(_processes(mark))
