"""The commands as a user types them: real processes, real files, exit codes and messages."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import typer.main
from PIL import Image
from typer.testing import CliRunner

from bench import built_in, cli, grid
from bench.__main__ import _run
from bench.cli import app
from runners.engines import ENGINES
from runners.engines.slots import most
from runners.errors import UserProblem

COMMANDS = typer.main.get_command(app).commands  # pyright: ignore


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
                 "--wandb", "--set", "--dry-run", "--data-root", "--run-timeout", "--retries",
                 "--redo-damaged", "--engine", "--trials"):  # fmt: skip
        assert flag in flags


def test_a_message_is_text_whatever_is_in_it(monkeypatch, capsys) -> None:
    def app() -> None:
        raise UserProblem("a\x1b[2J\x07\u202eb: no such file\ncalled é")

    monkeypatch.setattr(cli, "app", app)
    with pytest.raises(SystemExit) as ended:
        _run()
    assert ended.value.code == 2
    assert capsys.readouterr().err == "a\\x1b[2J\\x07\\u202eb: no such file\ncalled é\n"


def test_the_version_is_the_packages(tmp_path) -> None:
    done = bench("--version", cwd=tmp_path)
    assert done.stdout == f"lipschitz-bench {version('lipschitz-bench')}\n"
    assert done.returncode == 0


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)], ids=str)
def test_h_is_help_everywhere(command) -> None:
    short, long = (CliRunner().invoke(app, [*command, flag]) for flag in ("-h", "--help"))
    assert short.exit_code == 0
    assert "Usage" in short.output
    assert short.output == long.output


def test_help_lists_every_built_in_grid(tmp_path) -> None:
    words = re.sub(r"[\s│]+", " ", bench("run", "--help", cwd=tmp_path).stdout)
    assert ", ".join(built_in.names()) in words
    assert built_in.names() == sorted(path.name for path in grid.BUILT_IN.iterdir())


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


@pytest.mark.slow
def test_dry_run_prints_the_plan_and_runs_nothing(tmp_path) -> None:
    done = bench("run", "--grid", "lipschitz.yaml", "--dry-run", "--seeds", "2", cwd=tmp_path)
    assert done.returncode == 0
    assert "10 runs" in done.stdout
    assert "digits-gradient_penalty-s1-" in done.stdout
    assert re.search(
        r"about [0-9.]+ core-minutes left; measured now on up to 30 steps", done.stdout
    )
    assert not list(tmp_path.iterdir())


def _photos(folder: Path) -> None:
    folder.mkdir()
    for number in range(20):
        Image.new("L", (8, 8), 9 * number).save(folder / f"{number}.png")
    os.mkfifo(folder / "pipe.png")


@pytest.mark.slow
def test_dry_run_refuses_what_a_run_refuses(tmp_path) -> None:
    _photos(tmp_path / "photos")
    command = ("run", "--grid", "smoke.yaml", "--set", "dataset=folder:photos")
    dry, wet = bench(*command, "--dry-run", cwd=tmp_path), bench(*command, cwd=tmp_path)
    assert dry.returncode == wet.returncode == 2
    assert dry.stderr == wet.stderr
    assert dry.stderr.splitlines()[1:] == ["  pipe.png: is a FIFO, not a regular file"]
    assert dry.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]
    (tmp_path / "file").write_text("")
    blocked = bench("run", "--grid", "smoke.yaml", "--dry-run", "--out", "file", cwd=tmp_path)
    assert (blocked.returncode, blocked.stdout) == (2, "")
    assert "file: is a file" in blocked.stderr


@pytest.mark.slow
def test_dry_run_tells_what_a_run_would_leave_out_and_fetch(tmp_path) -> None:
    _photos(tmp_path / "photos")
    skip = ("--set", "dataset={name: folder, path: photos, skip_unreadable: true}")
    done = bench(
        "run", "--grid", "smoke.yaml", "--dry-run", *skip, cwd=tmp_path, TORCH_HOME=str(tmp_path)
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [
        "note: photos: 1 image file left out, by skip_unreadable",
        "  pipe.png: is a FIFO, not a regular file",
    ]
    assert f"not measured: no Inception weights in {tmp_path}/hub/checkpoints" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


@pytest.mark.slow
def test_dry_run_of_many_runs_has_a_line_per_method(tmp_path) -> None:
    data = ("--set", "dataset=mnist", "--data-root", str(tmp_path))
    done = bench("run", "--grid", "smoke.yaml", "--seeds", "400", "--dry-run", *data, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[:4] for line in lines[1:6]] == [
        ["smoke", method, "400", "0"]
        for method in ("none", "weight_clipping", "gradient_penalty", "spectral_norm",
                       "weight_norm")
    ]  # fmt: skip
    assert lines[6] == "smoke: 2000 runs in results/smoke; nothing was run"
    assert lines[7] == f"about ? core-minutes left; not measured: no mnist in {tmp_path}"
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_tunings_of_the_built_in_grid(tmp_path) -> None:
    data = ("--set", "dataset=mnist", "--data-root", str(tmp_path))  # measures nothing
    done = bench("run", "--grid", "tuned.yaml", "--dry-run", *data, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "tuning: 160 runs" in done.stdout
    assert "confirmation: at most 100 runs" in done.stdout
    assert "none searches optimizer.lr, n_dis\n" in done.stdout
    assert "gradient_penalty searches optimizer.lr, n_dis, method.lambda_gp\n" in done.stdout


@pytest.mark.slow
def test_smoke_runs_reports_skips_what_is_done_and_redoes_what_is_damaged(tmp_path) -> None:
    arguments = ("run", "--grid", "smoke.yaml", "--workers", "2", "--wandb", "disabled")
    done = bench(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "5 finished" in done.stdout
    again = bench(*arguments, cwd=tmp_path)
    assert again.returncode == 0
    assert "5 done already" in again.stdout
    assert "nothing left to do" in again.stdout
    _damage_report_and_redo(tmp_path, *arguments)


def _damage_report_and_redo(folder: Path, *arguments: str) -> None:
    (victim,) = (folder / "results/smoke/runs").glob("*-none-*")
    rows = '{"step": 1}\n{"st\n'
    (victim / "metrics.jsonl").write_text(rows)
    done = bench(*arguments, cwd=folder)
    assert done.returncode == 1
    assert "4 done already" in done.stdout
    assert f"{victim.name}/metrics.jsonl: changed or damaged" in done.stdout
    assert "--redo-damaged" in done.stdout
    report = bench("report", cwd=folder)
    assert report.returncode == 0, report.stderr
    page = (folder / "results/smoke/report/index.html").read_text()
    assert "spectral_norm" in page
    assert f"Run {victim.name} is damaged" in page
    redone = bench(*arguments, "--redo-damaged", cwd=folder)
    assert redone.returncode == 0, redone.stdout
    assert "1 finished" in redone.stdout
    (aside,) = (folder / "results/smoke/damaged").iterdir()
    assert (aside / "metrics.jsonl").read_text() == rows


@pytest.mark.slow
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


@pytest.mark.slow
def test_nothing_stays_in_the_folder_for_temporary_files(tmp_path) -> None:
    arguments = ("run", "--grid", "smoke.yaml", "--methods", "none", "--wandb", "offline")
    with TemporaryDirectory() as short:
        done = bench(*arguments, cwd=tmp_path, TMPDIR=short)
        assert done.returncode == 0, done.stderr
        assert not list(Path(short).iterdir())
    (long := tmp_path / ("x" * 100)).mkdir()
    done = bench(*arguments, "--out", "other", cwd=tmp_path, TMPDIR=str(long))
    assert done.returncode == 2
    assert "set TMPDIR to a shorter path" in done.stderr
    assert not list(long.iterdir())


@pytest.mark.slow
def test_wandb_offline_holds_the_run_with_its_config_and_metrics(tmp_path, wandb_records) -> None:
    done = bench("run", "--grid", "smoke.yaml", "--methods", "spectral_norm", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (run,) = (tmp_path / "results/smoke/runs").iterdir()
    (file,) = run.glob("wandb/offline-run-*/*.wandb")
    records = wandb_records(file)
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


def test_an_unknown_engine_is_refused_with_the_choices(tmp_path) -> None:
    done = bench("run", "--grid", "smoke.yaml", "--engine", "slum", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip() == f"--engine slum: unknown; choices: {', '.join(ENGINES)}"
    assert not list(tmp_path.iterdir())


def test_results_that_cannot_be_written_are_refused_before_any_work(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    for out in ("file", "file/below"):
        done = bench("run", "--grid", "smoke.yaml", "--out", out, cwd=tmp_path)
        assert done.returncode == 2, done.stdout
        assert "file: is a file" in done.stderr
        assert "--out" in done.stderr
        assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.slow
def test_a_finished_grid_on_a_disk_that_cannot_be_written(tmp_path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("mounting needs root")
    run = ("run", "--grid", "smoke.yaml", "--methods", "none", "--wandb", "disabled")
    try:
        assert bench(*run, "--out", str(disk), cwd=tmp_path).returncode == 0
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        done = bench(*run, "--out", str(disk), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "nothing left to do" in done.stdout
        more = bench(*run, "--seeds", "2", "--out", str(disk), cwd=tmp_path)
        assert more.returncode == 2
        assert f"{disk}/smoke: cannot be written to" in more.stderr
        report = bench("report", str(disk / "smoke"), cwd=tmp_path)
        assert report.returncode == 2
        assert re.search(r"Read-only file system; .*--out DIR", report.stderr)
        elsewhere = bench("report", str(disk / "smoke"), "--out", "page", cwd=tmp_path)
        assert elsewhere.returncode == 0, elsewhere.stderr
        assert (tmp_path / "page" / "index.html").is_file()
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.slow
def test_an_environment_that_wandb_refuses_is_a_sentence_and_nothing_is_run(tmp_path) -> None:
    arguments = ("run", "--grid", "smoke.yaml", "--methods", "none")
    done = bench(*arguments, cwd=tmp_path, WANDB_MODE="", WANDB_BASE_URL="http://127.0.0.1")
    assert done.returncode == 2
    assert done.stderr == "WANDB_MODE is empty; unset it, or use --wandb disabled\n"
    assert not list(tmp_path.iterdir())
    done = bench(*arguments, "--wandb", "disabled", cwd=tmp_path, WANDB_MODE="")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_more_workers_than_a_machine_can_hold_are_refused(tmp_path, more) -> None:
    done = bench("run", "--grid", "smoke.yaml", "--workers", "100000", *more, cwd=tmp_path)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"--workers 100000: at most {most()} runs at once here, ")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_grid_in_which_every_run_diverges_is_a_result(tmp_path) -> None:
    arguments = ("--set", "optimizer.lr=1e9", "--methods", "none,gradient_penalty")
    run = ("run", "--grid", "smoke.yaml", "--wandb", "disabled", *arguments)
    done = bench(*run, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 diverged\nevery run diverged: the report says how" in done.stdout
    again = bench(*run, cwd=tmp_path)
    assert again.returncode == 0
    assert "2 done already" in again.stdout
    assert "nothing left to do\nevery run diverged" in again.stdout
    report = bench("report", cwd=tmp_path)
    assert report.returncode == 0, report.stderr
    page = (tmp_path / "results/smoke/report/index.html").read_text()
    assert "0 of 2 planned runs finished" in page
    assert "non-finite" in page
    scored = bench("eval", "results/smoke", cwd=tmp_path)
    assert scored.returncode == 2
    assert scored.stderr == "results/smoke: no run is finished: 2 diverged\n"
