"""Large grids of runs that last 10 ms, through every engine that is here: what breaks first?"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from endtoend import METHODS, bench, grid_file
from fake_run import TEMPLATE
from statistic import Sample

from runners.engines import ENGINES

HERE = Path(__file__).parent
TINY = {
    "model": {"name": "dcgan", "width": 8, "latent": 16},
    "steps": 10,
    "batch_size": 16,
    "evaluation": {"every": 5, "samples": 100},
    "log_every": 2,
    "diagnostics_every": 5,
}
USUAL: dict[str, tuple[str, ...]] = {
    "local": ("--workers", "2"),
    "ray": ("--engine", "ray", "--workers", "2"),
    "slurm": ("--engine", "slurm", "--workers", "2", "--cpus", "1", "--time", "10"),
}


def engines() -> list[str]:
    """Return the engines that work here."""
    clusters = {"slurm": "sinfo"}
    tried = {name: [clusters[name]] for name in ENGINES if name in clusters}
    absent = {name for name, command in tried.items() if not _works(command)}
    absent |= {"ray"} if not _works([sys.executable, "-c", "import ray"]) else set()
    return [name for name in ENGINES if name not in absent]


def _works(command: list[str]) -> bool:
    if not shutil.which(command[0]):
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def measure(
    data: Path, counts: Sequence[int], names: Sequence[str]
) -> Iterator[tuple[str, Sample]]:
    """Yield seconds, driver memory, files, and what looking at the results costs."""
    bench("run", "--grid", grid_file(data, "one", 1, **TINY), "--methods", "none", "--out", data)
    (template,) = (data / "one/runs").iterdir()
    for count in counts:
        file = grid_file(data, f"scale{count}", count // len(METHODS), **TINY)
        for name in names:
            out = data / name
            plain = ("run", "--grid", file, "--out", out, "--wandb", "disabled")
            plugin = ("--plugin", HERE / "fake_run.py", *USUAL[name])
            clock = time.perf_counter()
            bench(*plain, "--methods", "none", "--seeds", "1", *plugin, **{TEMPLATE: str(template)})
            start = time.perf_counter() - clock
            seconds, memory = _watched(*plain, *plugin, "--plan", "replace", template=template)
            folder = out / file.stem
            yield f"scale/{name}/{count} runs, all", Sample([seconds], "s")
            each = (seconds - start) / count * 1000
            yield f"scale/{name}/{count} runs, each beyond the start", Sample([each], "ms")
            yield f"scale/{name}/{count} runs, driver", Sample([memory], "MiB")
            files = sum(len(files) for _, _, files in os.walk(folder))
            yield f"scale/{name}/{count} runs, files", Sample([files], "")
            yield f"scale/{name}/{count} runs, status", Sample([bench("status", folder)], "s")
        report = bench("report", data / names[0] / file.stem)
        yield f"scale/{count} runs, report", Sample([report], "s")


def _watched(*arguments: object, template: Path) -> tuple[float, float]:
    """Return the seconds and the peak MiB of one command itself; it must succeed."""
    command = [sys.executable, "-m", "bench", *map(str, arguments)]
    clock = time.perf_counter()
    process = subprocess.Popen(
        command, env=os.environ | {TEMPLATE: str(template)}, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, arguments
    return time.perf_counter() - clock, usage.ru_maxrss / 1024
