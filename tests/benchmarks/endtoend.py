"""A grid from command to last score, against one script a run; and what starting costs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import yaml
from sizes import LATENT, LR, SIZES, options, spec
from statistic import Sample

from runners.engines.local import LocalEngine
from runners.engines.resources import Resources
from runners.engines.scheduler import Scheduler
from runners.store.grid import GridStore
from runners.store.states import State

HERE = Path(__file__).parent
STEPS, SAMPLES = 300, 5000
METHODS = ("none", "weight_clipping", "gradient_penalty", "spectral_norm", "weight_norm")
BASE = {
    "dataset": "digits",
    "model": {"name": "dcgan", "width": SIZES["a"].width, "latent": LATENT},
    "loss": "nonsaturating",
    "optimizer": {"name": "adam", "lr": LR},
    "batch_size": SIZES["a"].batch,
}


def bench(*arguments: object, **environment: str) -> float:
    """Return the seconds of one command; it must succeed."""
    command = [sys.executable, "-m", "bench", *map(str, arguments)]
    clock = time.perf_counter()
    subprocess.run(command, check=True, env=os.environ | environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - clock


def grid_file(folder: Path, name: str, seeds: int, **changes: object) -> Path:
    """Write and return a grid of all methods at size a."""
    file = folder / f"{name}.yaml"
    grid = {"base": BASE | changes, "methods": list(METHODS), "seeds": seeds}
    file.write_text(yaml.safe_dump(grid))
    return file


def measure(rounds: int, data: Path, seeds: int = 4) -> Iterator[tuple[str, Sample]]:
    """Yield seconds a run of 300 steps with IS and FID of 5,000 samples, both ways."""
    evaluation = {"every": STEPS, "samples": SAMPLES, "metrics": ["is", "fid"]}
    changes = {"steps": STEPS, "evaluation": evaluation, "diagnostics_every": STEPS}
    file = grid_file(data, "endtoend", seeds, **changes)
    naive, ours = [], []
    for number in range(rounds):
        clock = time.perf_counter()
        for method in METHODS:
            command = [sys.executable, str(HERE / "naive.py"), method, str(STEPS), str(SAMPLES)]
            subprocess.run(command, check=True, capture_output=True)
        naive.append((time.perf_counter() - clock) / len(METHODS))
        out = data / f"results-{number}"
        seconds = bench("run", "--grid", file, "--out", out, "--wandb", "disabled")
        ours.append(seconds / len(METHODS) / seeds)
    yield "run/script", Sample(naive, "s")
    yield "run/grid", Sample(ours, "s")


def startup(rounds: int, data: Path) -> Iterator[tuple[str, Sample]]:
    """Yield seconds of the help, a 1,000-run plan with its cost, and the smoke grid, cache cold."""
    plan = grid_file(data, "thousand", 200, steps=100)
    yield "start/help", Sample([bench("--help") for _ in range(rounds)], "s")
    plans = [bench("run", "--grid", plan, "--dry-run", "--out", data) for _ in range(rounds)]
    yield "start/plan of 1,000 and its cost", Sample(plans, "s")
    smoke = [
        bench("run", "--grid", "smoke.yaml", "--out", data / f"smoke-{n}",
              BENCH_CACHE=str(data / f"cold-{n}"))
        for n in range(rounds)
    ]  # fmt: skip
    yield "start/smoke grid", Sample(smoke, "s")


def memory(data: Path) -> Iterator[tuple[str, Sample]]:
    """Yield the peak resident memory of a worker that trained and scored at size a (Linux)."""
    if not Path("/proc/self/status").exists():
        return
    run = spec(SIZES["a"], data, method="spectral_norm", evaluation={"samples": SAMPLES})
    with LocalEngine(options(data), Resources(workers=1)) as engine:
        scheduler = Scheduler(engine)
        scheduler.prepare([run])
        statuses = list(scheduler.run([run], GridStore(data / "memory"), lambda _: None))
        status = Path(f"/proc/{engine.idle[0].process.pid}/status").read_text()
    assert statuses[0][1].state == State.FINISHED, statuses
    kibibytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    yield "memory/worker", Sample([int(kibibytes) / 1024], "MiB")
