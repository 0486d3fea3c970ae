"""Real SLURM on this machine: requeued, cut off, lost, cancelled, left alone; nothing is lost."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import slurm

from runners.options import Options
from runners.spec import from_stored
from runners.store.run import RunStore
from runners.train import train

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(slurm.LACKING), reason=slurm.REASON),
    pytest.mark.usefixtures("slurm_cluster"),
]
SLURM = ("--engine", "slurm")
FAKE = Path(__file__).parents[1] / "benchmarks/fake_run.py"


@pytest.fixture
def never_cut(start, numbers, tmp_path) -> Callable[[], dict[str, bytes]]:
    """Return a function that gives the numbers of the grid as the local engine has them."""

    def run() -> dict[str, bytes]:
        text = (tmp_path / "grid.yaml").read_text()
        if text not in _known:
            bench = start("--out", "whole")
            assert bench.wait() == 0, bench.text()
            _known[text] = numbers(bench.folder / "whole/g/runs")
        return _known[text]

    return run


_known: dict[str, dict[str, bytes]] = {}
"""The text of a grid -> its numbers."""


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def _above(pid: int, words: str) -> int:
    """Return the first process above one whose command line has words in it."""
    while words not in _command(pid):
        pid = _parent(pid)
    return pid


def _works(bench) -> int:
    """Wait for a run to log rows in a job of a command that has ended, and return its worker."""

    def look() -> int:
        logged = (bench.runs / run / "metrics.jsonl" for run in bench.workers())
        return any(rows.exists() and rows.stat().st_size for rows in logged)

    assert bench.until(look)
    return next(iter(bench.workers().values()))


def _further(bench, run: str, bytes_more: int = 500) -> None:
    """Wait until a run has logged more than now, or is done."""

    def size() -> int:
        rows = bench.runs.glob(f"*-{run}-*/metrics.jsonl")
        with contextlib.suppress(OSError):  # its folder is just given to another
            return sum(file.stat().st_size for file in rows)
        return 0

    before = size()
    bench.until(lambda: any(bench.runs.glob(f"*-{run}-*/done")) or size() > before + bytes_more)


def test_a_detached_grid_goes_on_and_the_same_command_finds_it(
    grid, start, numbers, never_cut
) -> None:
    grid("[none, spectral_norm]", steps=1500)
    first = start(*SLURM, "--workers", "2", "--detach")
    assert first.wait() == 0, first.text()
    assert "2 runs are with SLURM, in jobs named bench-g-" in first.text()
    assert "next: bench status results/g, or the same command again" in first.text()
    again = start(*SLURM, "--workers", "2", "--detach")
    assert again.wait() == 0, again.text()
    assert "going on with SLURM jobs bench-g-" in again.text()
    last = start(*SLURM, "--workers", "2")
    assert last.wait() == 0, last.text()
    assert numbers(last.runs) == never_cut()
    assert last.gone() == first.gone() == {}


def test_requeued_20_times_a_run_goes_on_with_the_same_bytes(
    grid, start, slurm_cluster, tmp_path
) -> None:
    grid("[none, spectral_norm]", steps=100_000)
    bench = start(*SLURM, "--workers", "2")
    bench.training("none")
    draw, count = random.Random(0), 0
    for works in itertools.cycle((True, False)):
        if count >= 20:
            break
        for task in slurm_cluster.tasks():
            count += 1
            slurm_cluster.scontrol("requeue", task)
        while not slurm_cluster.tasks():
            for task in slurm_cluster.tasks("PENDING"):
                slurm_cluster.scontrol("update", f"JobId={task}", "StartTime=now")
            time.sleep(0.2)
        if works:
            _further(bench, "s0", 200)
        else:
            time.sleep(draw.uniform(0, 2))  # anywhere, as while it starts
    for run in ("none", "spectral_norm"):
        _further(bench, run, 200)
    bench.process.send_signal(signal.SIGINT)
    assert bench.wait() == 130, bench.text()
    assert "2 stopped" in bench.text()
    for run in bench.runs.iterdir():
        _begins_like_a_run_never_cut(RunStore(run), tmp_path / "whole")
    assert bench.gone() == {}


def _begins_like_a_run_never_cut(store: RunStore, folder: Path) -> None:
    spec, whole = from_stored(store.spec()), RunStore(folder / "runs" / store.run_id)
    last, steps = store.rows("metrics")[-1]["step"], itertools.count(1)
    whole.create(spec.as_dict)
    train(spec, whole, Options(), lambda: next(steps) >= last)
    for name in ("metrics", "scores", "spectra", "diagnostics"):
        theirs, mine = (one.rows_file(name).read_bytes() for one in (whole, store))
        assert theirs == mine


def test_a_job_whose_time_is_up_is_followed_by_another(
    grid, start, numbers, never_cut, slurm_cluster
) -> None:
    grid("[spectral_norm]", steps=1500)
    first = start(*SLURM, "--time", "30", "--detach")
    assert first.wait() == 0, first.text()
    for _ in range(2):
        _works(first)
        (task,) = slurm_cluster.tasks()
        slurm_cluster.call("scancel", "--signal=USR1", "--batch", task)
        slurm.until(lambda task=task: slurm_cluster.tasks() not in ([], [task]))
    last = start(*SLURM, "--time", "30")
    assert last.wait() == 0, last.text()
    assert numbers(last.runs) == never_cut()
    assert len(list((last.runs.parent / "slurm/events").iterdir())) == 3


def test_who_lives_on_after_its_node_was_lost_writes_nothing(
    grid, start, numbers, never_cut, slurm_cluster
) -> None:
    grid("[spectral_norm]", steps=1500)
    bench = start(*SLURM)
    worker = bench.training()
    batch = _above(worker, "slurm_worker")
    slurm_cluster.lose_slurmd()
    os.kill(keeper := _above(batch, "slurmstepd"), signal.SIGKILL)
    bench.until(lambda: _parent(batch) != keeper)
    for pid in (batch, worker):
        os.kill(pid, signal.SIGSTOP)
    slurm.until(lambda: slurm_cluster.tasks("PENDING"))
    slurm_cluster.slurmd()
    (run,) = bench.runs.iterdir()
    bench.until(lambda: RunStore(run).holder().pid not in (worker, bench.process.pid))
    _further(bench, "spectral_norm")
    for pid in (worker, batch):
        os.kill(pid, signal.SIGCONT)
    assert bench.wait() == 0, bench.text()
    assert numbers(bench.runs) == never_cut()
    assert bench.gone() == {}


def test_a_killed_task_costs_an_attempt_and_a_cancelled_one_none(
    grid, start, numbers, never_cut, slurm_cluster
) -> None:
    grid("[spectral_norm]", steps=1500)
    bench = start(*SLURM, "--retries", "1")
    worker = bench.training()
    slurm_cluster.call("scancel", *slurm_cluster.tasks())
    worker = bench.training(other_than=worker)
    os.kill(_above(worker, "slurm_worker"), signal.SIGKILL)
    assert bench.wait() == 0, bench.text()
    assert bench.text().count("retry 1 of 1") == 1
    assert "ended: FAILED; retry" in bench.text()
    assert numbers(bench.runs) == never_cut()


def test_jobs_outlive_a_killed_command_and_ctrl_c_ends_them(grid, start, slurm_cluster) -> None:
    grid("[none, weight_norm]", steps=100_000)
    first = start(*SLURM, "--workers", "2")
    first.training("none")
    first.process.kill()
    first.wait()
    _further(first, "none")
    again = start(*SLURM, "--workers", "2")
    assert again.says("going on with SLURM jobs")
    second = start(*SLURM)
    assert second.wait() == 2
    assert f"process {again.process.pid} on" in second.text()
    assert "watches these jobs already" in second.text()
    again.process.send_signal(signal.SIGINT)
    assert again.wait() == 130, again.text()
    assert "checkpoint at step" in again.text()
    assert any(run.joinpath("checkpoint.pt").exists() for run in again.runs.iterdir())
    slurm.until(lambda: not slurm_cluster.call("squeue", "-h").split())
    assert first.gone() == again.gone() == {}


def test_what_the_cluster_cannot_give_is_refused_at_once(grid, start, slurm_cluster) -> None:
    grid()
    told = {
        ("--cpus", "8"): "--cpus 8: the cluster has 2 cores and 0 GPUs at most on one node",
        ("--gpus", "1"): "--gpus 1: the cluster has 2 cores and 0 GPUs",
        ("--sbatch", "--partition=none"): "partition none",
        ("--sbatch", "--mem=100G"): "sbatch refuses the job",
        ("--detach", "--retries", "1"): "--detach: --retries and --run-timeout need somebody",
    }
    for asked, words in told.items():
        bench = start(*SLURM, *asked)
        assert bench.wait() == 2
        assert words in bench.text()
        assert "Traceback" not in bench.text()
        assert not bench.runs.parent.exists()


def test_a_thousand_short_runs_pass(grid, start, record_property) -> None:
    grid("[none]", steps=10)
    begun, most = time.monotonic(), 0
    bench = start(*SLURM, "--workers", "2", "--seeds", "1000", "--plugin", str(FAKE))
    while bench.process.poll() is None:
        most = max(most, _peak(bench.process.pid))
        time.sleep(0.5)
    spent = time.monotonic() - begun
    assert bench.process.returncode == 0, bench.text()
    assert "1000 finished" in bench.text()
    files = sum(path.is_file() for path in (bench.runs.parent / "slurm").rglob("*"))
    print(
        f"{spent:.1f} s, driver {most / 1024:.0f} MiB, {files} files in the spool", file=sys.stderr
    )
    assert files < 30


def _peak(pid: int) -> int:
    """Return the KiB that a process had at most."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)
