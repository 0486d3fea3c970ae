"""Processes killed at random moments: nothing is lost, nobody is orphaned."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runners import checkpoint
from runners.store.run import RunStore

SCRIPT = Path(__file__).with_name("power_cuts.py")
METHODS = ("none", "weight_clipping", "gradient_penalty", "spectral_norm", "weight_norm")
ALL = f"[{', '.join(METHODS)}]"


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


@pytest.mark.slow
def test_workers_killed_three_ways_are_retried_and_lose_nothing(grid, start, numbers) -> None:
    grid("[none, spectral_norm]", steps=1000)
    whole = start("--out", "whole")
    bench, victim = start("--workers", "1", "--retries", "3"), 0
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV):
        victim = bench.training(other_than=victim)
        _kill(victim, number)
    assert bench.wait() == 0, bench.text()
    assert whole.wait() == 0
    assert "2 finished" in bench.text()
    for words in ("SIGKILL (out of memory", "SIGTERM", "retry 1 of 3"):
        assert words in bench.text()
    assert numbers(bench.runs) == numbers(bench.folder / "whole/g/runs")
    assert bench.gone() == {}


@pytest.mark.slow
def test_a_run_with_replay_killed_again_and_again_ends_with_the_same_bytes(
    grid, start, numbers
) -> None:
    file = grid("[spectral_norm]", steps=400)
    stabilisers = "[replay, minibatch_std, equalised_lr, pixel_norm]"
    file.write_text(file.read_text().replace("methods:", f"  stabilisers: {stabilisers}\nmethods:"))
    whole = start("--out", "whole")
    bench = start("--workers", "1", "--retries", "9")
    victim = 0
    for _ in range(3):
        victim = bench.training(other_than=victim)
        (rows,) = bench.runs.glob("*/metrics.jsonl")
        further = rows.stat().st_size + 3000
        bench.until(lambda far=further, file=rows: file.stat().st_size >= far)
        _kill(victim, signal.SIGKILL)
    assert bench.wait() == 0, bench.text()
    assert whole.wait() == 0, whole.text()
    assert "retry 3 of 9" in bench.text()
    assert numbers(bench.runs) == numbers(bench.folder / "whole/g/runs")


@pytest.mark.slow
def test_a_killed_worker_loses_its_run_only_and_a_second_call_redoes_it(grid, start) -> None:
    grid("[none, spectral_norm]", steps=1000)
    bench = start("--workers", "1")
    victim = bench.training("none")
    os.kill(victim, signal.SIGSEGV)
    assert bench.wait() == 1
    assert "1 finished, 1 crashed" in bench.text()
    (run,) = bench.runs.glob("*none*")
    status = json.loads((run / "status.json").read_text())
    assert status["state"] == "crashed"
    assert "SIGSEGV (segmentation fault)" in status["reason"]
    assert "Segmentation fault" in status["traceback"]  # by faulthandler
    again = start()
    assert until_running(again, run)
    assert again.wait() == 0
    assert "1 done already" in again.text()
    assert json.loads((run / "status.json").read_text())["state"] == "finished"
    assert not (run / "worker.log").exists()


def until_running(bench, run: Path) -> bool:
    """Whether the status of the crash goes when the run runs again."""
    return bench.until(lambda: not (run / "status.json").exists() or (run / "done").exists())


@pytest.mark.slow
def test_ctrl_c_once_writes_checkpoints_and_says_how_to_resume(grid, start) -> None:
    grid("[none, weight_norm]", steps=100_000)
    bench = start("--workers", "2", wandb="offline")
    bench.training("none")
    bench.training("weight_norm")
    bench.process.send_signal(signal.SIGINT)
    assert bench.wait() == 130
    assert "stopping: every run in progress writes a checkpoint" in bench.text()
    assert "2 stopped" in bench.text()
    assert "checkpoint at step" in bench.text()
    assert "interrupted: run the same command again" in bench.text()
    assert "Traceback" not in bench.text()
    assert all((run / "checkpoint.pt").exists() for run in bench.runs.iterdir())
    assert bench.gone() == {}


@pytest.mark.slow
def test_ctrl_c_twice_stops_at_once_even_with_a_worker_that_hangs(grid, start) -> None:
    grid(steps=100_000)
    bench = start()
    os.kill(bench.training(), signal.SIGSTOP)
    bench.process.send_signal(signal.SIGTERM)
    assert bench.says("stopping: every run in progress writes a checkpoint")
    assert bench.process.poll() is None
    bench.process.send_signal(signal.SIGINT)
    assert bench.wait() == 130
    assert "1 not started" in bench.text()
    assert "as it did not stop" not in bench.text(), "it waited for the worker that hangs"
    assert "Traceback" not in bench.text()
    assert bench.gone() == {}


@pytest.mark.slow
def test_no_orphan_survives_a_killed_parent(grid, start) -> None:
    grid("[none, spectral_norm]", steps=100_000)
    bench = start("--workers", "2", wandb="offline")
    worker = bench.training()
    names = " ".join(bench.alive().values())
    assert "wandb-core" in names
    assert "forkserver" in names
    os.kill(worker, signal.SIGSTOP)  # the kernel must do it: this worker cannot
    bench.process.kill()
    assert bench.gone() == {}


@pytest.mark.slow
def test_a_run_that_takes_too_long_is_stopped_and_retried_from_its_checkpoint(grid, start) -> None:
    grid(steps=20)
    began = time.monotonic()
    assert start("--out", "short").wait() == 0
    seconds = f"{max(2.0, time.monotonic() - began):.0f}"  # a run gets going in this time here
    grid("[none, spectral_norm]", steps=100_000)
    bench = start("--workers", "2", "--run-timeout", seconds, "--retries", "1")
    assert bench.wait() == 1
    assert "2 crashed" in bench.text()
    assert f"longer than --run-timeout {seconds} s; checkpoint at step" in bench.text()
    assert "retry 1 of 1" in bench.text()
    steps = [
        json.loads((run / "status.json").read_text())["reason"] for run in bench.runs.iterdir()
    ]
    assert all("longer than --run-timeout" in reason for reason in steps)
    assert bench.gone() == {}


GROWING = """
name: g
base:
  dataset: digits
  model: {name: progressive, width: 4, latent: 8, phase_steps: 150, fade: 1.0}
  steps: 350
  batch_size: 16
  ema: 0.9
  evaluation: {every: 20, samples: 100}
  log_every: 7
  diagnostics_every: 90
methods: [gradient_penalty, spectral_norm]
seeds: 1
"""  # 8 px fade in from step 151 to 300


@pytest.mark.slow
def test_killed_while_a_resolution_fades_in_runs_end_as_if_undisturbed(
    tmp_path, start, numbers
) -> None:
    (tmp_path / "grid.yaml").write_text(GROWING)
    whole = start("--out", "whole")
    assert whole.wait() == 0
    bench = start("--workers", "2")

    def fading() -> bool:
        rows = [run / "metrics.jsonl" for run in bench.runs.glob("*")]
        last = [_last_step(file) for file in rows]
        return (len(last) == 2 and min(last) > 180) or bench.process.poll() is not None

    assert bench.until(fading)
    for pid in bench.workers().values():
        _kill(pid, signal.SIGKILL)
    bench.process.kill()
    assert bench.gone() == {}
    saved = [checkpoint.load(RunStore(run)) for run in bench.runs.iterdir()]
    assert any(state and 151 < state["step"] < 300 for state in saved)
    again = start()
    assert again.wait() == 0, again.text()
    assert numbers(bench.runs) == numbers(bench.folder / "whole/g/runs")


def _last_step(file: Path) -> int:
    lines = file.read_text().splitlines() if file.exists() else []
    return json.loads(lines[-2])["step"] if len(lines) > 1 else 0  # the last may be half written


@pytest.mark.slow
def test_two_processes_on_one_folder_never_do_a_cell_twice(grid, start, numbers) -> None:
    grid(ALL, steps=60)
    first, second = start("--workers", "1"), start("--workers", "1")
    assert (first.wait(), second.wait()) == (0, 0), first.text() + second.text()
    both = first.text() + second.text()
    for run in first.runs.iterdir():
        timing = (run / "timing.jsonl").read_text()
        steps = [json.loads(line)["step"] for line in timing.splitlines()]
        assert steps == sorted(set(steps)), run
        assert (run / "done").exists()
        assert both.count("crashed") == 0
    assert both.count("done already") == 2


@pytest.mark.slow
def test_a_run_held_elsewhere_is_left_alone_and_named(grid, start) -> None:
    grid(steps=100_000)
    first = start()
    first.training()
    second = start()
    assert second.wait() == 0
    assert "1 busy" in second.text()
    assert "another process is at these runs" in second.text()
    assert first.process.poll() is None


@pytest.mark.slow
def test_a_sleeper_whose_run_was_given_to_another_command_writes_nothing(
    grid, start, numbers, monkeypatch
) -> None:
    monkeypatch.setenv("BENCH_LEASE", "3")
    grid(steps=600)
    whole = start("--out", "whole")
    first = start("--workers", "1")
    sleeper = first.training()
    for pid in (sleeper, first.process.pid):
        os.kill(pid, signal.SIGSTOP)
    second = start("--workers", "1", "--retries", "1")
    assert second.until(lambda: second.workers()), second.text()
    assert "waiting up to 3 s for a sign of life" in second.text()
    for pid in (sleeper, first.process.pid):
        os.kill(pid, signal.SIGCONT)
    assert (second.wait(), first.wait(), whole.wait()) == (0, 0, 0), second.text() + first.text()
    assert "1 busy" in first.text()
    assert numbers(first.runs) == numbers(first.folder / "whole/g/runs")
    assert {folder.name for folder in (first.folder / "results/g").iterdir()} == {
        "grid.json", "leases", "locks", "runs",
    }  # fmt: skip


def _power_cuts(folder: Path, method: str, stride: int) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, SCRIPT, folder, method, str(stride)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    print(found)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_a_power_cut_at_some_writes_loses_nothing(tmp_path, method) -> None:
    found = _power_cuts(tmp_path, method, 17)
    assert found["wrong"] == []
    assert found["cuts"] >= 6  # pyright: ignore


@pytest.mark.long
@pytest.mark.parametrize("method", METHODS)
def test_a_power_cut_between_any_two_writes_loses_nothing(tmp_path, method) -> None:
    found = _power_cuts(tmp_path, method, 2)
    assert found["wrong"] == []
    assert found["cuts"] >= 50  # pyright: ignore


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", [0])
def test_fifty_kills_at_random_moments_lose_nothing(grid, start, numbers, seed) -> None:
    draw = random.Random(seed)
    hits: dict[str, int] = {}
    grid(ALL, steps=1500)
    began = time.monotonic()
    whole = start("--workers", "2", "--out", "whole")
    assert whole.wait() == 0
    pause = (time.monotonic() - began) / 60  # on a slow or busy machine kills come slower too
    bench, parents = start("--workers", "2", "--retries", "100"), 0
    while bench.process.poll() is None and not _enough(hits):
        time.sleep(draw.uniform(0.1, 1.9) * pause)
        if bench.process.poll() is None and parents < 12 and sum(hits.values()) > 4 * parents + 4:
            signal_ = draw.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
            bench.process.send_signal(signal_)
            bench.wait()
            assert bench.gone() == {}
            hits[f"parent {signal_.name}"] = hits.get(f"parent {signal_.name}", 0) + 1
            parents += 1
            bench = start("--workers", "2", "--retries", "100")
        holders = sorted(bench.holders().items())
        for run_id, pid in draw.sample(holders, min(1, len(holders))):
            signal_ = draw.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
            _kill(pid, signal_)
            name = f"{run_id.split('-')[1]} {signal_.name}"
            if pid == bench.process.pid:  # it records a crash
                bench.wait()
                assert bench.gone() == {}
                name = f"parent {signal_.name} in a record"
                bench = start("--workers", "2", "--retries", "100")
            hits[name] = hits.get(name, 0) + 1
    assert bench.wait() == 0, bench.text()
    print(json.dumps(hits, indent=1, sort_keys=True), sum(hits.values()), "kills", pause)
    assert _enough(hits)
    assert numbers(bench.runs) == numbers(bench.folder / "whole/g/runs")


def _enough(hits: dict[str, int]) -> bool:
    """Whether there were at least 50 kills, every method's worker and the parent among them."""
    victims = {name.split()[0] for name in hits}
    return sum(hits.values()) >= 50 and victims >= {"parent", *ALL.strip("[]").split(", ")}
