"""Milliseconds a step of THE loop and of the tutorial loop, alternating in warm processes."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from machine import precisions
from sizes import SIZES, options, spec
from statistic import Sample

from runners.engines.local import WORKER_ENVIRONMENT
from runners.engines.slots import cores
from runners.spec import RunSpec

ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def tutorial(size: str, method: str) -> float:
    """Return seconds a step of the tutorial loop, on one thread."""
    import torch
    import tutorial

    torch.set_num_threads(1)
    count = SIZES[size].steps
    _, loop = tutorial.training(SIZES[size], method)
    seconds = list(itertools.islice(loop, 2 * count))  # the first half warms up
    return sum(seconds[count:]) / count


def ours(size: str, method: str, precision: str, data: Path) -> float:
    """Return seconds a step of a real run, on one thread, from its own clock."""
    import torch

    torch.set_num_threads(1)
    count = SIZES[size].steps
    changes = {"method": method, "precision": precision, "log_every": count}
    run = spec(SIZES[size], data, steps=2 * count, **changes)
    clock = trained(run, data)
    return (clock[2 * count] - clock[count]) / count


def trained(run: RunSpec, data: Path) -> dict[int, float]:
    """Train a run in this process and return seconds of training by step."""
    from runners.metrics import classifier
    from runners.store.run import RunStore
    from runners.train import train

    classifier.UPDATES = 5  # nobody reads the scores of these runs
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder) / "runs" / run.run_id)
        store.create(run.as_dict)
        train(run, store, options(data))
        return {row["step"]: row["seconds"] for row in store.rows("timing")}


@contextmanager
def processes(count: int, environment: dict[str, str]) -> Iterator[ProcessPoolExecutor]:
    """Give fresh processes that start in an environment."""
    kept = dict(os.environ)
    os.environ.update(ONE_THREAD | environment)
    try:
        with ProcessPoolExecutor(count, get_context("spawn")) as pool:
            for _ in range(count):
                pool.submit(os.getpid)
            yield pool
    finally:
        os.environ.clear()
        os.environ.update(kept)


def measure(
    sizes: Sequence[str], methods: Sequence[str], rounds: int, data: Path
) -> Iterator[tuple[str, Sample]]:
    """Yield milliseconds a step of each loop: one round of all loops after the other."""
    with processes(1, {}) as plain, processes(1, WORKER_ENVIRONMENT) as worker:
        for size, method in itertools.product(sizes, methods):
            found: dict[str, list[float]] = {loop: [] for loop in ("tutorial", *precisions())}
            for _ in range(rounds):
                found["tutorial"].append(plain.submit(tutorial, size, method).result())
                for precision in precisions():
                    seconds = worker.submit(ours, size, method, precision, data).result()
                    found[precision].append(seconds)
            for loop, seconds in found.items():
                yield f"step/{size}/{method}/{loop}", Sample([1e3 * s for s in seconds], "ms")


def throughput(
    sizes: Sequence[str], methods: Sequence[str], rounds: int, data: Path
) -> Iterator[tuple[str, Sample]]:
    """Yield milliseconds a step of as many workers as there are cores, divided by their number."""
    count = cores()
    with processes(count, WORKER_ENVIRONMENT) as workers:
        for size, method, precision in itertools.product(sizes, methods, precisions()):
            found = []
            for _ in range(rounds):
                jobs = [workers.submit(ours, size, method, precision, data) for _ in range(count)]
                seconds = [job.result() for job in jobs]
                found.append(1e3 * sum(seconds) / count / count)
            yield f"grid/{size}/{method}/{precision}", Sample(found, "ms")
