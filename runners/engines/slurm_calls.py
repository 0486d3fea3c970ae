"""The programs of SLURM: sbatch, squeue, scancel, sinfo, scontrol, sacct."""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence

from runners.engines.resources import Resources
from runners.engines.slurm_options import partition, seconds, warning, words
from runners.engines.slurm_spool import Job, Spool
from runners.errors import UserProblem

PATIENCE = 60.0  # seconds for a program of SLURM, whose controller may be busy
LARGEST_ARRAY = 1000
HELD = "HELD"
GPUS = re.compile(r"\bgpu(?::[^:,()]+)*:(\d+)")

SCRIPT = """#!/bin/bash
trap '' USR1  # until Python has a handler
exec {python} -m runners.engines.slurm_worker {spool}
"""


def check(resources: Resources) -> None:
    """Refuse what this cluster cannot give.

    Raises:
        UserProblem: there is no SLURM here, or what was asked for and what the cluster has.
    """
    if shutil.which("sbatch") is None:
        raise UserProblem(
            "--engine slurm: there is no sbatch here; run it on a login node of a SLURM cluster, "
            "with the results on a folder that its nodes share"
        )
    for name in ("cpus", "gpus"):
        value = getattr(resources, name)
        if value is not None and not (math.isfinite(value) and value >= 1 and value % 1 == 0):
            raise UserProblem(f"--{name} {value:g}: SLURM gives a job whole ones")
    if resources.time:
        seconds(resources.time)
    _require_node(resources, words(resources.sbatch))


def _require_node(resources: Resources, options: Sequence[str]) -> None:
    """Refuse a job that no single node can hold; SLURM may let it wait for ever."""
    chosen = partition(options)
    where = ["--partition", chosen] if chosen else []
    code, said = _call("sinfo", "--noheader", "--Node", *where, "--format=%c %G")
    if code:
        raise UserProblem(f"--engine slurm: sinfo does not answer: {said}")
    nodes = [line.split(maxsplit=1) for line in said.splitlines()]
    if not nodes:
        raise UserProblem(f"--engine slurm: no nodes in partition {chosen or 'any'}; see sinfo")
    most = {
        "cpus": max(int(cpus.rstrip("+")) for cpus, _ in nodes),
        "gpus": max(sum(map(int, GPUS.findall(gres))) for _, gres in nodes),
    }
    has = f"{most['cpus']} cores and {most['gpus']} GPUs at most on one node"
    for name, there in most.items():
        if (getattr(resources, name) or 0) > there:
            asked = f"--{name} {getattr(resources, name):g}"
            raise UserProblem(f"{asked}: the cluster has {has}{f' of {chosen}' if chosen else ''}")


def environment(now: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a job, without what belongs to the job that submits it."""
    own = {name for name in now if name.startswith("SLURM_") and name != "SLURM_CONF"}
    return {name: value for name, value in now.items() if name not in own}


def require_accepted(resources: Resources) -> None:
    """Have sbatch look at a job without submitting it.

    Raises:
        UserProblem: what sbatch says against it.
    """
    code, said = _call("sbatch", "--test-only", *_options(resources), "--wrap=true")
    if code:
        raise UserProblem(_refusal(said))


def submit(spool: Spool, job: Job, count: int, environ: Mapping[str, str]) -> None:
    """Submit so many tasks, in as few arrays as the cluster allows.

    Raises:
        UserProblem: what sbatch says against it.
    """
    python, folder = f"'{sys.executable}'", str(spool.folder).replace("'", "'\\''")
    spool.script.write_text(SCRIPT.format(python=python, spool=f"'{folder}'"), encoding="utf-8")
    most = largest_array() if count > 1 else 1
    output = str(spool.output).replace("%", "%%")
    own = [f"--job-name={job.name}", f"--output={output}/%A_%a.txt", "--open-mode=append"]
    while count > 0:
        array, count = min(count, most), count - most
        call = ["sbatch", "--parsable", *own, f"--array=0-{array - 1}", *_options(job.resources)]
        code, said = _call(*call, str(spool.script), environ=environment(environ))
        if code:
            raise UserProblem(_refusal(said))


def _options(resources: Resources) -> list[str]:
    """Return the options of sbatch for a job."""
    lead = warning(resources.time)
    found = ["--ntasks=1", "--nodes=1", "--requeue", f"--signal=B:USR1@{lead}"]
    found += [f"--cpus-per-task={cores(resources)}"]
    found += [f"--time={resources.time}"] if resources.time else []
    found += [f"--gres=gpu:{resources.gpus:g}"] if resources.gpus else []
    return [*found, *words(resources.sbatch)]


def cores(resources: Resources) -> int:
    """Return the cores of a job."""
    return int(resources.cpus or 1)


def largest_array() -> int:
    """Return how many tasks an array may have here."""
    _, said = _call("scontrol", "show", "config")
    found = re.search(r"MaxArraySize\s*=\s*(\d+)", said)
    return max(1, min(LARGEST_ARRAY, int(found[1]))) if found else 1


def tasks(name: str) -> dict[str, str] | None:
    """Return {task: state} of all jobs of a name that are not over, None if SLURM is silent.

    One that is to start, but not now, is HELD: SLURM keeps what it requeues for two minutes.
    """
    mine = ["--noheader", "--array", "--user", str(os.getuid()), "--name", name]
    code, said = _call("squeue", *mine, "--format=%i %T %r")
    return None if code else dict(_state(line) for line in said.splitlines() if line.strip())


def _state(line: str) -> tuple[str, str]:
    task, state, *reason = line.split(maxsplit=2)
    later = state == "PENDING" and any("held" in r.lower() or r == "BeginTime" for r in reason)
    return task, HELD if later else state


def cancel(name: str) -> None:
    """Cancel all jobs of a name: SLURM sends SIGTERM, and SIGKILL a while later."""
    _call("scancel", "--user", str(os.getuid()), "--name", name)


def cancel_task(task: str) -> None:
    """Cancel one task."""
    _call("scancel", task)


def ending(task: str) -> str:
    """Say in SLURM's words how a task ended, as TIMEOUT or NODE_FAIL."""
    _, said = _call("scontrol", "--oneliner", "show", "job", task)
    if found := re.search(r"\bJobState=(\S+)", said):
        return found[1]
    code, said = _call("sacct", "--noheader", "--allocations", "--jobs", task, "--format=State%40")
    return said.strip() if not code and said.strip() else "it is not known any more"


def _refusal(said: str) -> str:
    words = [line.split("error: ")[-1] for line in said.splitlines() if "error: " in line]
    return (
        f"--engine slurm: sbatch refuses the job: {'; '.join(words) or said or 'no reason given'}"
    )


def _call(*command: str, environ: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Return exit code and output of a program; of one that fails, what it said to that."""
    try:
        done = subprocess.run(
            command, env=dict(environ or os.environ), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, str(error)
    return done.returncode, (done.stdout if done.returncode == 0 else done.stderr).strip()
