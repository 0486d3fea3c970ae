"""`bench doctor`: what this machine offers a grid, and what to do about what it lacks.

Checks need no torch in this process: it is imported in another, which may crash.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from runners.datasets import DATASETS
from runners.engines.slots import cores
from runners.options import Options
from runners.tracking import environment_problem

OK, WARN, FAIL = "ok", "warn", "fail"
COLORS = {OK: "green", WARN: "yellow", FAIL: "red"}

PROBE_TIMEOUT = 120  # seconds to import torch on a cold disk
LOW_DISK, LOW_MEMORY = 2.0, 1.0  # GiB; a worker takes about half of one
ENOUGH_DISK = 0.1

PROBE = """
import json, torch
found = {"torch": torch.__version__, "threads": torch.get_num_threads()}
found["cuda"] = torch.cuda.get_device_name() if torch.cuda.is_available() else None
try:
    from runners.processor import bf16_problem
    found["bf16"] = bf16_problem("cuda" if found["cuda"] else "cpu")
    found["instructions"] = torch.backends.cpu.get_cpu_capability()
except Exception as error:
    found["bf16"] = f"not found out: {error}"
try:
    import torchvision
    found["torchvision"] = torchvision.__version__
    torch.ops.torchvision.nms
    found["nms"] = True
except Exception as error:
    found["pair"] = f"{type(error).__name__}: {error}"
try:
    import torch_fidelity
    found["fidelity"] = torch_fidelity.__version__
except Exception as error:
    found["fidelity_problem"] = f"{type(error).__name__}: {error}"
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's table.

    Args:
        check: what was looked at.
        level: ``ok``; ``warn`` where something is missing that not every run needs; ``fail``
            where `bench run` cannot work.
        found: what is there.
        advice: what to do; empty where all is well.
    """

    check: str
    level: str
    found: str
    advice: str = ""


def examine(out: Path, options: Options) -> Iterator[Finding]:
    """Yield all findings.

    Args:
        out: where results would go.
        options: with the data root and the cache.
    """
    yield _python()
    yield from _libraries()
    yield from _machine()
    yield _space("results", out, ENOUGH_DISK)
    yield _space("cache", options.cache, 0.0)
    yield from _data(options.data_root)
    yield _classifier()
    yield _wandb()
    yield _browser()


def print_findings(out: Path, options: Options) -> int:
    """Print the findings and return the exit code: 1 if anything stops `bench run`."""
    table = Table("check", "", box=None, header_style="bold")
    table.add_column("found", overflow="fold")
    table.add_column("what to do", overflow="fold")
    findings = list(examine(out, options))
    for finding in findings:
        level = f"[{COLORS[finding.level]}]{finding.level}[/]"
        table.add_row(finding.check, level, escape(finding.found), escape(finding.advice))
    console = Console()
    console.print(table)
    failed = [finding.check for finding in findings if finding.level == FAIL]
    verdict = f"bench run cannot work here: {', '.join(failed)}" if failed else "bench run can work"
    console.print(verdict, markup=False)
    return 1 if failed else 0


def _python() -> Finding:
    return Finding("python", OK, ".".join(map(str, sys.version_info[:3])))


def _libraries() -> Iterator[Finding]:
    found = _probe()
    if "problem" in found:
        yield Finding("torch", FAIL, found["problem"], "pip install --force-reinstall torch")
        return
    yield Finding("torch", OK, found["torch"])
    yield _pair(found)
    if "fidelity" in found:
        yield Finding("torch-fidelity", OK, found["fidelity"])
    else:
        advice = "pip install --force-reinstall torch-fidelity"
        yield Finding("torch-fidelity", FAIL, found["fidelity_problem"], advice)
    device = found["cuda"] or "cpu: torch finds no CUDA device"
    yield Finding("device", OK, device)
    yield _precision(found)


def _precision(found: dict[str, Any]) -> Finding:
    instructions = f"{found.get('instructions', 'unknown')} for float32"
    if problem := found["bf16"]:
        advice = "leave precision at fp32; bf16 is refused here"
        return Finding("precision", WARN, f"{instructions}; {problem}", advice)
    return Finding("precision", OK, f"{instructions}; bf16 has its own")


def _probe() -> dict[str, Any]:
    """Import the heavy libraries in a process of their own and return what it says."""
    command = [sys.executable, "-c", PROBE]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_TIMEOUT)
    except subprocess.TimeoutExpired:
        return {"problem": f"importing it takes longer than {PROBE_TIMEOUT} s"}
    if done.returncode == 0:
        return json.loads(done.stdout.splitlines()[-1])
    lines = done.stderr.strip().splitlines()
    return {"problem": lines[-1][:200] if lines else f"exit code {done.returncode}"}


def _pair(found: dict[str, Any]) -> Finding:
    if found.get("nms"):
        return Finding("torchvision", OK, f"{found['torchvision']}, fits torch")
    return Finding(
        "torchvision",
        FAIL,
        found["pair"][:200],
        "torch and torchvision are not a pair: pip install --upgrade torch torchvision, together",
    )


def _machine() -> Iterator[Finding]:
    yield Finding("cores", OK, f"{cores()}, one worker each")
    memory = _available_memory()
    if memory is None:
        return
    few = memory < LOW_MEMORY
    advice = "fewer --workers, or close other programs" if few else ""
    yield Finding("memory", WARN if few else OK, f"{memory:.1f} GiB available", advice)


def _available_memory() -> float | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        sizes = dict(line.split(":") for line in lines)
        return int(sizes["MemAvailable"].split()[0]) / 2**20
    except (OSError, KeyError, ValueError):
        return None


def _space(name: str, folder: Path, least: float) -> Finding:
    """Look at a folder, or at the nearest that exists, by writing a file there."""
    place = folder.absolute()
    try:
        while not place.exists():
            place = place.parent
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
        free = shutil.disk_usage(place).free / 2**30
    except OSError as error:
        option = "--out" if name == "results" else "BENCH_CACHE"
        found = f"{folder}: {error.strerror or error}"
        return Finding(name, FAIL, found, f"name a folder you can write to with {option}")
    level = FAIL if free < least else WARN if free < LOW_DISK else OK
    advice = "" if level == OK else "free some space; a run takes about 1 to 100 MB"
    return Finding(name, level, f"{folder}: writable, {free:.1f} GiB free", advice)


def _data(root: Path) -> Iterator[Finding]:
    for name, cls in DATASETS.items():
        if cls.argument:
            yield Finding(f"data: {name}", OK, f"any you name: {name}:{cls.argument.upper()}")
        elif cls.files is None:
            yield Finding(f"data: {name}", OK, "needs no download")
        elif found := sorted(root.glob(cls.files)):
            yield Finding(f"data: {name}", OK, str(found[0].parent))
        else:
            advice = "downloaded when first used, or name its folder with --data-root"
            yield Finding(f"data: {name}", WARN, f"no {root / cls.files}", advice)


def _classifier() -> Finding:
    files = list(
        (Path(__file__).parent.parent / "runners/metrics/classifiers").glob("*.safetensors")
    )
    if not files:
        return Finding(
            "classifier", FAIL, "the file of weights is missing", "reinstall the package"
        )
    return Finding("classifier", OK, ", ".join(sorted(file.name for file in files)))


def _wandb() -> Finding:
    try:
        version = metadata.version("wandb")
    except metadata.PackageNotFoundError:
        return Finding("wandb", WARN, "not installed", "pip install wandb, or --wandb disabled")
    if problem := environment_problem():
        found, _, advice = problem.partition("; ")
        return Finding("wandb", FAIL, f"{version}, {found}", advice)
    if bool(os.environ.get("WANDB_API_KEY")) or _in_netrc():
        return Finding("wandb", OK, f"{version}, logged in, offline without --wandb online")
    advice = "nothing for offline; `wandb login` before --wandb online"
    return Finding("wandb", OK, f"{version}, not logged in", advice)


def _in_netrc() -> bool:
    try:
        return "wandb" in Path(os.environ.get("NETRC", "~/.netrc")).expanduser().read_text()
    except (OSError, ValueError):
        return False


def _browser() -> Finding:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found:
        return Finding("browser", OK, f"{found}, for the tests of pages")
    return Finding("browser", WARN, "none", "only tests of pages need one: install chromium")
