"""Real `bench` processes, what they left running, and runs to compare with."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

HANG = 900.0  # seconds after which something hangs, however slow the machine
MEASURED = ("metrics", "scores", "spectra", "diagnostics", "best")
GRID = """
name: g
base:
  dataset: digits
  model: {{name: dcgan, width: 8, latent: 16}}
  loss: nonsaturating
  optimizer: {{name: adam, lr: 1e-3}}
  steps: {steps}
  batch_size: 32
  evaluation: {{every: 20, samples: 200}}
  log_every: 7
  diagnostics_every: 90
methods: {methods}
seeds: 1
"""


@dataclass
class Bench:
    """A started `bench run`, whose descendants are found by a mark in their environment."""

    process: subprocess.Popen[str]
    log: Path
    mark: bytes
    folder: Path
    runs: Path = field(init=False)

    def __post_init__(self) -> None:
        self.runs = self.folder / "results/g/runs"

    def text(self) -> str:
        return self.log.read_text()

    def wait(self) -> int:
        return self.process.wait(HANG)

    def until(self, look: Callable[[], Any]) -> Any:
        return until(look)

    def alive(self) -> dict[int, str]:
        """Return {pid: command line} of every process it started, itself included."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if self.mark in (folder / "environ").read_bytes():
                    found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        return found

    def gone(self) -> dict[int, str]:
        """Wait until nothing is alive any more, and return what is: hopefully nothing."""
        until(lambda: not self.alive())
        return self.alive()

    def says(self, words: str) -> bool:
        """Wait for words in its output."""
        return until(lambda: words in self.text() or self.process.poll() is not None) and (
            words in self.text()
        )

    def workers(self) -> dict[str, int]:
        """Return {run_id: pid} of the workers that have a run's lease."""
        return {run: pid for run, pid in self.holders().items() if pid != self.process.pid}

    def holders(self) -> dict[str, int]:
        """Return {run_id: pid} of who has a run's lease: a worker, or the parent.

        The parent has it while it records the end of a worker that could not.
        """
        found = {}
        for pid in self.alive():
            with contextlib.suppress(OSError):
                for descriptor in Path(f"/proc/{pid}/fd").iterdir():
                    with contextlib.suppress(OSError):
                        target = descriptor.readlink()
                        if target.parent.parent.name == "leases":
                            found[target.parent.name] = pid
        return found

    def training(self, name: str = "", other_than: int = 0) -> int:
        """Wait for a run whose id contains ``name`` to log rows, and return its worker.

        With ``other_than``, wait for another worker than that one.
        """

        def look() -> int | None:
            for run_id, pid in self.workers().items():
                rows = self.runs / run_id / "metrics.jsonl"
                if name in run_id and pid != other_than and rows.exists() and rows.stat().st_size:
                    return pid
            return None

        pid = until(lambda: look() or (-1 if self.process.poll() is not None else 0))
        assert pid > 0, f"nothing trains:\n{self.text()}"
        return pid


def until(look: Callable[[], Any]) -> Any:
    """Return the first true answer, or the last one before it must be a hang."""
    end = time.monotonic() + HANG
    while not (answer := look()) and time.monotonic() < end:
        time.sleep(0.02)
    return answer


@pytest.fixture
def grid(tmp_path: Path) -> Callable[..., Path]:
    """Return a writer of grid.yaml."""

    def write(methods: str = "[none]", steps: int = 2000) -> Path:
        file = tmp_path / "grid.yaml"
        file.write_text(GRID.format(methods=methods, steps=steps))
        return file

    return write


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Return a function that starts `bench run --grid grid.yaml` in the test's folder."""
    started: list[Bench] = []

    def run(*arguments: str, wandb: str = "disabled", limits: Any = None, **env: str) -> Bench:
        mark = f"{tmp_path.name}-{len(started)}-{os.getpid()}"
        log = tmp_path / f"log-{len(started)}"
        command = ["run", "--grid", "grid.yaml", "--wandb", wandb, *arguments]

        def before() -> None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            if limits:
                limits()

        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "bench", *command],
                cwd=tmp_path, stdout=output, stderr=output, text=True, preexec_fn=before,
                env=os.environ | {"NO_COLOR": "1", "BENCH_TEST_MARK": mark} | env,
            )  # fmt: skip
        started.append(Bench(process, log, f"BENCH_TEST_MARK={mark}\0".encode(), tmp_path))
        return started[-1]

    yield run
    for bench in started:
        for pid in bench.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        bench.process.wait()


@pytest.fixture
def numbers() -> Callable[[Path], dict[str, bytes]]:
    """Return a reader of all numbers of all runs under a folder."""

    def read(runs: Path) -> dict[str, bytes]:
        files = [f"{name}.jsonl" for name in MEASURED] + ["proof.json", "floor.json"]
        return {
            f"{run.name}/{name}": (run / name).read_bytes()
            for run in sorted(runs.iterdir())
            for name in files
        }

    return read
