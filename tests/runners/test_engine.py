"""The local engine with real workers that are killed, hang, fill disks and meet damaged runs."""

from __future__ import annotations

import os
import pickle
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runners.engines.local import LocalEngine
from runners.engines.resources import Resources
from runners.engines.scheduler import Scheduler
from runners.options import Limits, Options
from runners.spec import RunSpec
from runners.store.grid import GridStore
from runners.store.run import RunStore
from runners.store.states import State, Status

MEASURED = ("metrics", "scores", "spectra", "diagnostics")
HANG = 600.0  # seconds after which something hangs, however slow the machine
Statuses = dict[str, Status]


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _numbers(store: RunStore) -> dict[str, bytes]:
    return {name: store.rows_file(name).read_bytes() for name in MEASURED}


@pytest.fixture
def execute(tmp_path: Path) -> Callable[..., tuple[Statuses, list[str]]]:
    """Return a function that runs specs in results/ and gives statuses by method, and notes."""

    def run(
        *specs: RunSpec,
        during: Callable[[Scheduler], Any] = lambda scheduler: None,
        options: Options | None = None,
        workers: int = 1,
        folder: str = "g",
        clock: Callable[[], float] = time.monotonic,
        **limits: Any,
    ) -> tuple[Statuses, list[str]]:
        notes: list[str] = []
        found: Statuses = {}
        with LocalEngine(options or Options(), Resources(workers=workers)) as engine:
            scheduler = Scheduler(
                engine, Limits(**limits), lambda topic, text: notes.append(text), clock
            )
            helper = threading.Thread(target=during, args=(scheduler,))
            helper.start()
            for spec, status in scheduler.run(specs, GridStore(tmp_path / folder), lambda _: None):
                found[spec.method.name] = status
            helper.join()
        return found, notes

    return run


@pytest.fixture
def store(tmp_path: Path) -> Callable[..., RunStore]:
    return lambda spec, folder="g": GridStore(tmp_path / folder).run(spec.run_id)


def _until(look: Callable[[], Any], what: str) -> Any:
    """Return the first true answer."""
    end = time.monotonic() + HANG
    while not (answer := look()):
        assert time.monotonic() < end, what
        time.sleep(0.005)
    return answer


def _engine(scheduler: Scheduler) -> LocalEngine:
    assert isinstance(scheduler.engine, LocalEngine)
    return scheduler.engine


def _victim(
    scheduler: Scheduler, store: RunStore, file: str = "metrics.jsonl", other_than: int = 0
) -> int:
    """Wait until a run has written a file, and return its worker's pid, if it is another one."""

    def look() -> int | None:
        busy = list(_engine(scheduler).busy.items())
        pids = [worker.process.pid for worker, attempt in busy if attempt.run == store.run_id]
        found = pids and pids[0] != other_than and (store.folder / file).exists()
        return pids[0] if found else None

    return _until(look, "the run did not start")


def _strike(store: RunStore, *signals: int, file: str = "checkpoint.pt") -> Callable[..., None]:
    def strike(scheduler: Scheduler) -> None:
        pid = 0
        for number in signals:
            pid = _victim(scheduler, store, file, other_than=pid)
            os.kill(pid, number)

    return strike


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGKILL, "SIGKILL (out of memory, or somebody killed it)"),
        (signal.SIGSEGV, "SIGSEGV (segmentation fault)"),
        (signal.SIGTERM, "told to stop (SIGTERM); checkpoint at step"),
    ],
)
def test_a_dead_worker_costs_its_run_only(number, words, tiny, execute, store) -> None:
    doomed, other = tiny(diagnostics_every=100, steps=3000), tiny(method="spectral_norm")
    statuses, _ = execute(doomed, other, during=_strike(store(doomed), number))
    assert statuses["none"].state == State.CRASHED
    assert words in statuses["none"].reason
    assert store(doomed).status() == statuses["none"]
    assert statuses["spectral_norm"].state == State.FINISHED


@pytest.mark.slow
def test_retries_go_on_from_the_checkpoint_to_the_same_bytes(tiny, execute, store) -> None:
    spec = tiny(diagnostics_every=100, steps=300, method="spectral_norm")
    strike = _strike(store(spec), signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV)
    statuses, notes = execute(spec, during=strike, retries=3)
    assert statuses["spectral_norm"].state == State.FINISHED
    assert len(notes) == 3
    assert "retry 3 of 3" in notes[2]
    execute(spec, folder="whole")
    assert _numbers(store(spec)) == _numbers(store(spec, "whole"))
    assert store(spec).proof() == store(spec, "whole").proof()


def test_a_worker_that_hangs_is_killed_after_its_time(tiny, execute, store) -> None:
    spec, clock = tiny(diagnostics_every=100, steps=100_000), Clock()

    def hang(scheduler: Scheduler) -> None:
        os.kill(_victim(scheduler, store(spec)), signal.SIGSTOP)
        while scheduler.jobs:
            clock.now += 0.5
            time.sleep(0.01)

    statuses, _ = execute(spec, during=hang, clock=clock, timeout=1.5)
    assert statuses["none"].reason == (
        "longer than --run-timeout 1.5 s; killed, as it did not stop"
    )
    assert statuses["none"].state == State.CRASHED


def test_a_slow_run_gets_further_with_every_retry(tiny, execute, store) -> None:
    spec = tiny(diagnostics_every=100, steps=100_000, evaluation={"every": 50_000, "samples": 100})
    clock = Clock()

    def let_time_pass(scheduler: Scheduler) -> None:
        for attempt in (1, 2):
            job = _until(
                lambda number=attempt: next(
                    (job for job in list(scheduler.jobs.values()) if job.attempt == number), None
                ),
                f"attempt {attempt} did not start",
            )
            before = job.step
            _until(lambda job=job, before=before: job.step > before, "no progress")
            clock.now += 1.5

    statuses, notes = execute(spec, during=let_time_pass, clock=clock, timeout=1.0, retries=1)
    first, last = (int(text.split("checkpoint at step ")[1].split(";")[0])
                   for text in (notes[0], statuses["none"].reason))  # fmt: skip
    assert "longer than --run-timeout 1 s" in notes[0]
    assert 0 < first < last


@pytest.mark.slow
def test_a_stopped_run_goes_on_where_it_stopped(tiny, execute, store) -> None:
    spec, other = tiny(diagnostics_every=100, steps=250), tiny(method="spectral_norm")

    def stop(scheduler: Scheduler) -> None:
        _victim(scheduler, store(spec))
        scheduler.stop()

    statuses, _ = execute(spec, other, during=stop, grace=HANG)
    assert statuses == {"none": statuses["none"]}
    assert statuses["none"].state == "unfinished"
    assert store(spec).checkpoint_file.exists()
    assert store(spec).status() == Status(State.UNFINISHED)
    execute(spec)
    execute(spec, folder="whole")
    assert _numbers(store(spec)) == _numbers(store(spec, "whole"))


def test_a_run_another_process_holds_is_busy(tiny, execute, store) -> None:
    spec, other = tiny(), tiny(method="spectral_norm")
    with store(spec).lease():
        statuses, _ = execute(spec, other)
    assert statuses["none"].state == State.BUSY
    assert statuses["spectral_norm"].state == State.FINISHED
    assert not store(spec).folder.exists()


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def _foreign(file: Path) -> None:
    file.write_text('{"seed": 7}')


class Bomb:
    """Unpickles by running a command."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> Any:
        return (os.system, (f"touch {self.target}",))


def _bomb(file: Path) -> None:
    import torch

    torch.save({"run_id": Bomb(file.parent / "exploded")}, file)


def _plain_bomb(file: Path) -> None:
    file.write_bytes(pickle.dumps(Bomb(file.parent / "exploded")))


@pytest.mark.parametrize(
    ("name", "damage", "done"),
    [
        ("spec.json", _cut, True),
        ("spec.json", _foreign, False),
        ("spec.json", Path.unlink, False),
        ("status.json", _cut, True),
        ("metrics.jsonl", _cut, True),
        ("scores.jsonl", Path.unlink, True),
        ("metrics.jsonl", _cut, False),
        ("proof.json", _cut, True),
        ("checkpoint.pt", _cut, False),
        ("checkpoint.pt", _flip, False),
        ("checkpoint.pt", _bomb, False),
        ("checkpoint.pt", _plain_bomb, False),
    ],
)
def test_damage_is_named_and_redone_on_request(
    name, damage, done, tiny, trained, execute, store, tmp_path
) -> None:
    spec = tiny()
    whole = trained(spec, "g/runs")
    numbers = _numbers(whole)
    if not done:
        whole.done_file.unlink()
    damage(whole.folder / name)
    before = {file: file.read_bytes() for file in whole.folder.rglob("*") if file.is_file()}
    statuses, _ = execute(spec)
    assert statuses["none"].state == State.DAMAGED
    assert str(whole.folder / name) in statuses["none"].reason
    assert not (whole.folder / "exploded").exists()
    left = {file: file.read_bytes() for file in whole.folder.rglob("*") if file.is_file()}
    assert {**left, **before} == left, "a damaged run is touched"
    redone, _ = execute(spec, options=Options(redo_damaged=True))
    assert redone["none"].state == State.FINISHED
    assert _numbers(whole) == numbers
    (aside,) = (tmp_path / "g/damaged").iterdir()
    assert aside.name == f"{spec.run_id}-1"
    assert (aside / name).exists() == (damage is not Path.unlink)


def test_rubbish_after_the_checkpoint_is_no_damage(tiny, trained, execute, store) -> None:
    spec = tiny()
    whole = trained(spec, "g/runs")
    numbers = _numbers(whole)
    whole.done_file.unlink()
    with whole.rows_file("metrics").open("ab") as file:
        file.write(bytes(100) + b"\n{torn")
    (whole.folder / ".status.json.123-0a1b2c3d").write_text("half")
    statuses, _ = execute(spec)
    assert statuses["none"].state == State.FINISHED
    assert _numbers(whole) == numbers
    assert not list(whole.folder.glob(".*"))


@pytest.mark.slow
def test_a_file_limit_stops_the_run_and_no_number_is_lost(tiny, execute, store) -> None:
    spec = tiny(diagnostics_every=100, steps=150, log_every=1)

    def limit(scheduler: Scheduler) -> None:
        pid = _victim(scheduler, store(spec), "checkpoint.pt")
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4_000, resource.RLIM_INFINITY))

    statuses, _ = execute(spec, during=limit)
    status = statuses["none"]
    assert status.state == State.CRASHED
    assert "File too large; once that is put right, the same command goes on" in status.reason
    assert status.environment
    again, _ = execute(spec)
    assert again["none"].state == State.FINISHED
    execute(spec, folder="whole")
    assert _numbers(store(spec)) == _numbers(store(spec, "whole"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Any:
    """A file system of 200 KiB under g/, and a function that remounts it."""
    folder = tmp_path / "g"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting needs root")
    yield lambda how: subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk_stops_the_run_and_no_number_is_lost(small_disk, tiny, execute, store) -> None:
    spec = tiny(diagnostics_every=100, steps=60)
    statuses, _ = execute(spec)
    assert statuses["none"].state == State.CRASHED
    assert "No space left on device" in statuses["none"].reason
    assert not store(spec).is_done()
    small_disk("ro")
    statuses, _ = execute(spec)
    assert "Read-only file system" in statuses["none"].reason
    small_disk("rw,size=50m")
    statuses, _ = execute(spec)
    assert statuses["none"].state == State.FINISHED
    execute(spec, folder="whole")
    assert _numbers(store(spec)) == _numbers(store(spec, "whole"))


def test_vanished_data_are_named_and_come_back(tiny, execute, tmp_path) -> None:
    spec = tiny(dataset="mnist")
    root = tmp_path / "file"
    root.write_text("not a folder")
    statuses, _ = execute(spec, options=Options(data_root=root))
    assert statuses["none"].state == State.CRASHED
    assert f"mnist: cannot read {root}" in statuses["none"].reason
    assert "--data-root" in statuses["none"].reason


@pytest.mark.slow
def test_a_killed_wandb_costs_one_warning(tiny, execute, store) -> None:
    spec = tiny(diagnostics_every=100, steps=150)
    other = tiny(method="spectral_norm")

    def kill(scheduler: Scheduler) -> None:
        pid = _victim(scheduler, store(spec), "checkpoint.pt")
        for child in Path(f"/proc/{pid}/task").glob("*/children"):
            for service in child.read_text().split():
                os.kill(int(service), signal.SIGKILL)

    statuses, notes = execute(spec, other, during=kill, options=Options(wandb="offline"))
    assert {status.state for status in statuses.values()} == {State.FINISHED}
    assert len(notes) == 1
    assert "wandb stopped, training goes on without it" in notes[0]
    execute(spec, folder="whole")
    assert _numbers(store(spec)) == _numbers(store(spec, "whole"))
    assert list(store(other).folder.glob("wandb/offline-run-*/*.wandb")), "a fresh worker logs"


def test_no_worker_is_left(tiny, execute) -> None:
    seen: list[int] = []

    def note(scheduler: Scheduler) -> None:
        engine = _engine(scheduler)
        workers = _until(lambda: [*engine.busy, *engine.idle], "no worker")
        seen.extend(worker.process.pid or 0 for worker in workers)

    execute(tiny(), during=note)
    with pytest.raises(ProcessLookupError):
        os.kill(seen[0], 0)
