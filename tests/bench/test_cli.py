"""The commands as a user types them: real processes, real files, exit codes and messages."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SMALL = (
    "--set", "model.width=8", "--set", "model.latent=16", "--set", "evaluation.samples=200",
)  # fmt: skip


def bench(*arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | {"NO_COLOR": "1", "COLUMNS": "200"} | env,
        check=False,
    )


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_help_names_the_commands_and_every_flag(tmp_path) -> None:
    done = bench("--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "run" in done.stdout
    assert "report" in done.stdout
    flags = _plain(bench("run", "--help", cwd=tmp_path).stdout)
    for flag in ("--grid", "--steps", "--seeds", "--methods", "--out", "--device", "--workers",
                 "--wandb", "--set", "--dry-run", "--data-root"):  # fmt: skip
        assert flag in flags


def test_a_typo_is_located_and_nothing_is_written(tmp_path) -> None:
    (tmp_path / "grid.yaml").write_text(
        "base: {dataset: digits, loss: hinge, optimizer: adam, stepps: 5, batch_size: x}\n"
        "methods: [spectral]\nseeds: 1\n"
    )
    done = bench("run", "--grid", "grid.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "grid.yaml:1:" in done.stderr
    assert "stepps" in done.stderr
    assert "batch_size" in done.stderr
    assert "grid.yaml:2:" in done.stderr
    assert "spectral_norm" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["grid.yaml"]


def test_dry_run_prints_the_plan_and_runs_nothing(tmp_path) -> None:
    done = bench("run", "--grid", "lipschitz.yaml", "--dry-run", "--seeds", "2", cwd=tmp_path)
    assert done.returncode == 0
    assert "10 runs" in done.stdout
    assert "digits-gradient_penalty-s1-" in done.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("workers", ["1", "2"])
def test_smoke_runs_reports_and_skips_what_is_done(tmp_path, workers) -> None:
    done = bench("run", "--grid", "smoke.yaml", "--workers", workers, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "5 finished" in done.stdout
    again = bench("run", "--grid", "smoke.yaml", cwd=tmp_path)
    assert again.returncode == 0
    assert "5 done already" in again.stdout
    assert "nothing left to do" in again.stdout
    report = bench("report", cwd=tmp_path)
    assert report.returncode == 0, report.stderr
    page = (tmp_path / "results/smoke/report/index.html").read_text()
    assert "spectral_norm" in page


def test_the_number_of_workers_does_not_change_a_number(tmp_path) -> None:
    for workers in ("1", "2"):
        done = bench("run", "--grid", "smoke.yaml", "--workers", workers, "--out", workers,
                     "--wandb", "disabled", cwd=tmp_path)  # fmt: skip
        assert done.returncode == 0, done.stderr
    runs = sorted((tmp_path / "1/smoke/runs").iterdir())
    assert len(runs) == 5
    for run in runs:
        for name in ("metrics", "scores", "spectra", "diagnostics"):
            other = tmp_path / "2/smoke/runs" / run.name / f"{name}.jsonl"
            assert (run / f"{name}.jsonl").read_bytes() == other.read_bytes()
        assert not (run / "wandb").exists()


def test_wandb_offline_holds_one_run_a_run_with_config_and_metrics(tmp_path) -> None:
    from wandb.proto.wandb_internal_pb2 import Record  # pyright: ignore

    done = bench("run", "--grid", "smoke.yaml", "--methods", "spectral_norm", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (run,) = (tmp_path / "results/smoke/runs").iterdir()
    (file,) = run.glob("wandb/offline-run-*/*.wandb")
    records = [Record.FromString(data) for data in _wandb_records(file)]
    (start,) = [record.run for record in records if record.WhichOneof("record_type") == "run"]
    assert start.run_id == run.name
    assert start.run_group == "smoke/spectral_norm"
    config = {item.key: json.loads(item.value_json) for item in start.config.update}
    assert config["method"] == {"name": "spectral_norm", "scale": 1.0, "n_power_iterations": 1}
    logged = {
        "/".join(item.nested_key) or item.key
        for record in records
        if record.WhichOneof("record_type") == "history"
        for item in record.history.item
    }
    assert {"loss_d", "fid", "is"} <= logged
    assert any(key.startswith("spectrum") for key in logged)
    assert any(key.startswith("samples") for key in logged)


def _wandb_records(file: Path) -> list[bytes]:
    """Return the records of a LevelDB log: 32 KiB blocks of (crc, length, type, data) chunks."""
    data, position, records, part = file.read_bytes(), 7, [], b""
    while position + 7 <= len(data):
        left = 32768 - position % 32768
        if left < 7:
            position += left
            continue
        size, kind = int.from_bytes(data[position + 4 : position + 6], "little"), data[position + 6]
        part += data[position + 7 : position + 7 + size]
        position += 7 + size
        if kind in (1, 4):  # a full chunk, or a record's last
            records.append(part)
            part = b""
    return records


def test_an_unwritable_wandb_does_not_stop_a_run(tmp_path) -> None:
    broken = {"WANDB_BASE_URL": "http://127.0.0.1:9", "WANDB_API_KEY": "x" * 40}
    done = bench("run", "--grid", "smoke.yaml", "--methods", "none", cwd=tmp_path, **broken)
    assert done.returncode == 0, done.stderr


def test_a_killed_worker_loses_one_run_and_a_second_call_redoes_it(tmp_path) -> None:
    arguments = ("run", "--grid", "lipschitz.yaml", "--steps", "400", "--seeds", "1",
                 "--workers", "1", "--wandb", "disabled", *SMALL)  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "bench", *arguments],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    victim = _worker_at(tmp_path, "digits-none-")
    os.kill(victim, signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=240)
    assert process.returncode == 1, stderr
    assert "4 finished, 1 crashed" in stdout
    assert "the worker process died" in stdout
    again = bench(*arguments, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "4 done already" in again.stdout


def _worker_at(folder: Path, prefix: str) -> int:
    """Return the pid that holds the lock of the run whose id starts with ``prefix``."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for lock in folder.glob(f"results/*/runs/{prefix}*/lock"):
            if not (lock.parent / "timing.jsonl").exists():
                continue
            for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
                try:
                    if descriptor.readlink() == lock:
                        return int(descriptor.parts[2])
                except OSError:
                    continue
        time.sleep(0.02)
    raise AssertionError("no worker found")


def test_missing_data_is_explained_before_anything_is_written(tmp_path) -> None:
    (tmp_path / "data/MNIST/raw").mkdir(parents=True)
    (tmp_path / "data/MNIST/raw/train-images-idx3-ubyte.gz").write_bytes(b"damaged")
    done = bench("run", "--grid", "smoke.yaml", "--set", "dataset=mnist", "--data-root", "data",
                 cwd=tmp_path)  # fmt: skip
    assert done.returncode == 2
    assert "mnist: cannot read" in done.stderr
    assert "--data-root" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "results").exists()


def test_cuda_without_a_gpu_is_refused(tmp_path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    done = bench("run", "--grid", "smoke.yaml", "--device", "cuda", cwd=tmp_path)
    assert done.returncode == 2
    assert "no CUDA device" in done.stderr
    assert not (tmp_path / "results").exists()
