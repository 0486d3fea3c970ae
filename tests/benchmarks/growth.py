"""How cost grows: real one-step grids of 10, 100 and 1,000 runs, longer runs, more samples."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from endtoend import METHODS, bench, grid_file
from sizes import SIZES, options, spec
from statistic import Sample, seconds
from training import trained

from bench import grid as grids
from reports.load import loader
from runners.datasets.digits import Digits
from runners.engines.local import LocalEngine
from runners.engines.scheduler import Scheduler
from runners.metrics.fid import FID
from runners.metrics.inception_score import InceptionScore
from runners.metrics.scorer import Settings, scorer
from runners.store.grid import GridStore

COUNTS = (10, 100, 1000)
SMALL = {"model": {"name": "dcgan", "width": 8, "latent": 16}, "steps": 1, "batch_size": 16}


def runs(data: Path, counts: Sequence[int] = COUNTS) -> Iterator[tuple[str, Sample]]:
    """Yield seconds to plan, run, skip, dispatch, read and report grids of several sizes."""
    for count in counts:
        changes = {**SMALL, "evaluation": {"every": 1, "samples": 100}}
        file = grid_file(data, f"runs{count}", count // len(METHODS), **changes)
        plain = ("--grid", file, "--out", data, "--wandb", "disabled")
        folder = data / f"runs{count}"
        found = {
            "plan": bench("run", *plain, "--dry-run"),
            "run": bench("run", *plain),
            "run again, all done": bench("run", *plain),
            "dispatch": _dispatch(file, folder),
            "read": seconds(lambda folder=folder: loader.load(folder)),
            "report": bench("report", folder),
        }
        for what, spent in found.items():
            yield f"growth/{what}/{count} runs", Sample([spent], "s")


def _dispatch(file: Path, folder: Path) -> float:
    """Return seconds to send runs that are done to workers and have them answered."""
    specs = grids.load(file).specs
    with LocalEngine(options(folder)) as engine:
        scheduler = Scheduler(engine)
        scheduler.prepare(specs[:1])
        clock = time.perf_counter()
        for _ in scheduler.run(specs, GridStore(folder), lambda _: None):
            pass
        return time.perf_counter() - clock


def steps(data: Path, counts: Sequence[int] = (200, 400, 800)) -> Iterator[tuple[str, Sample]]:
    """Yield seconds of whole runs of several lengths at size a."""
    torch.set_num_threads(1)
    for count in counts:
        evaluation = {"every": 50, "samples": 500}
        run = spec(SIZES["a"], data, steps=count, evaluation=evaluation, diagnostics_every=50)
        found = seconds(lambda run=run: trained(run, data))
        yield f"growth/one run/{count} steps", Sample([found], "s")


def samples(data: Path, counts: Sequence[int] = COUNTS) -> Iterator[tuple[str, Sample]]:
    """Yield seconds to score several numbers of samples."""
    judge = scorer(Digits(), "classifier", options(data))
    real = torch.from_numpy(judge.images.train)
    for count in (100 * c for c in counts):
        fake = real[torch.arange(count) % len(real)]
        plan = Settings((InceptionScore(), FID()), count)
        found = seconds(lambda fake=fake, plan=plan: judge.score(fake, plan))
        yield f"growth/score/{count} samples", Sample([found], "s")
