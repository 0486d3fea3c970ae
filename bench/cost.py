"""What runs will cost on this machine: by stored runs of their kind, or by a few steps of each."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from typing import TypeVar

from bench.needs import missing
from runners.engines.base import Engine
from runners.engines.scheduler import Scheduler, Watcher
from runners.engines.scratch import scratch
from runners.errors import StoreProblem
from runners.kinds import kind
from runners.options import Options
from runners.spec import RunSpec
from runners.store.grid import GridStore
from runners.store.run import RunStore

T = TypeVar("T")
STEPS = 30  # of a probe
WARM, LEAST = 10, 15  # steps of it that are left out, and that are done however long they take
LOG_EVERY = 5
LIMIT = 3.0  # seconds after which a probe of a large network ends with fewer steps
ENOUGH = 20  # stored runs of a kind that are looked at
MOST = 12  # probes of one estimate


@dataclass(frozen=True)
class Pace:
    """How fast runs of a kind are.

    Args:
        step: seconds per generator step.
        measure: seconds per diagnosis and scoring.
    """

    step: float
    measure: float

    def seconds(self, spec: RunSpec) -> float:
        """Return the seconds that one core spends on a run."""
        every = min(spec.evaluation.every, spec.diagnostics_every)
        return spec.steps * self.step + (1 + math.ceil(spec.steps / every)) * self.measure


@dataclass(frozen=True)
class Estimate:
    """What runs will cost.

    Args:
        paces: by kind of run.
        how: where they come from, in words.
    """

    paces: Mapping[str, Pace] = field(repr=False)
    how: str

    def seconds(self, specs: Iterable[RunSpec]) -> float | None:
        """Return the seconds of one core for all these runs, None where a kind is unknown."""
        paces = [(self.paces.get(kind(spec.as_dict)), spec) for spec in specs]
        if any(pace is None for pace, _ in paces):
            return None
        return sum(pace.seconds(spec) for pace, spec in paces if pace)


def estimate(
    specs: Sequence[RunSpec], out: Path, options: Options, make: Callable[[Options], Engine]
) -> Estimate:
    """Return what runs will cost; trains for seconds where no run of their kind is stored.

    Args:
        specs: the runs.
        out: where results are stored; nothing is written there.
        options: how and where to run.
        make: builds an engine of one worker.

    Raises:
        UserProblem: what `bench run` would refuse; what costs much to find out, such as damaged
            pixels, only where it is measured.
    """
    wanted = {kind(spec.as_dict): spec for spec in specs}
    stored = stored_paces(out.glob("*/runs/*"), wanted.keys())
    if not wanted:
        return Estimate({}, "all runs are done")
    absent = missing(wanted.values(), options)
    unknown = [spec for which, spec in wanted.items() if which not in stored]
    if not unknown:
        return Estimate(stored, f"by stored runs under {out}" + f"; {absent}" * bool(absent))
    if absent:
        return Estimate(stored, f"not measured: {absent}")
    probed = probed_paces(unknown[:MOST], options, make)
    how = f"measured now on up to {STEPS} steps and one scoring of each kind of run, by one worker"
    if probed and (others := unknown[MOST:]):
        how += f"; {len(others)} of {len(unknown)} kinds taken as the mean of these"
        probed |= dict.fromkeys((kind(spec.as_dict) for spec in others), _mean(probed.values()))
    return Estimate(stored | probed, how + f"; others by stored runs under {out}" * bool(stored))


def _mean(paces: Collection[Pace]) -> Pace:
    return Pace(fmean(pace.step for pace in paces), fmean(pace.measure for pace in paces))


def stored_paces(folders: Iterable[Path], wanted: Iterable[str]) -> dict[str, Pace]:
    """Return the pace of stored runs of the wanted kinds, the median where there are several.

    Args:
        folders: of runs, looked at until enough are known of every kind.
        wanted: kinds.
    """
    found: dict[str, list[Pace]] = {which: [] for which in wanted}
    for folder in folders:
        if all(len(paces) >= ENOUGH for paces in found.values()):
            break
        store = RunStore(folder)
        try:
            mine = found.get(kind(store.spec()))
            status = store.status()
        except StoreProblem:
            continue
        if mine is not None and status.ended and status.seconds_per_step:
            mine.append(Pace(status.seconds_per_step, _measuring(store)))
    return {
        which: Pace(median(p.step for p in paces), median(p.measure for p in paces))
        for which, paces in found.items()
        if paces
    }


def _measuring(store: RunStore) -> float:
    """Return the seconds of the first diagnosis and scoring: from the floor to the picture."""
    try:
        began, ended = (
            file.stat().st_mtime for file in (store.floor_file, store.sample_grid_file(0))
        )
    except OSError:
        return 0.0
    return max(0.0, ended - began)  # a run that was resumed writes its floor again


def probed_paces(
    specs: Sequence[RunSpec], options: Options, make: Callable[[Options], Engine]
) -> dict[str, Pace]:
    """Train a few steps of each spec, in a folder that is gone afterwards, and return the paces.

    Raises:
        UserProblem: what is missing to run them.
    """
    found = probed([_probe(spec) for spec in specs], options, make, _limit, _pace)
    return {kind(spec.as_dict): pace for spec, pace in zip(specs, found, strict=True) if pace}


def probed(
    short: Sequence[RunSpec],
    options: Options,
    make: Callable[[Options], Engine],
    limit: Callable[[Engine], Watcher],
    look: Callable[[RunStore], T],
) -> list[T]:
    """Run short specs in a folder that is gone afterwards, and return what is seen of each.

    Args:
        short: the specs; the first is run under another seed before, which warms the worker up.
        options: how and where to run.
        make: builds an engine of one worker.
        limit: makes what ends those that take long.
        look: looks at one that has ended.

    Raises:
        UserProblem: what is missing to run them.
    """
    warm_up = dataclasses.replace(short[0], seed=1)
    quiet = dataclasses.replace(options, wandb="disabled")
    with TemporaryDirectory(prefix="cost-", dir=scratch()) as folder, make(quiet) as engine:
        scheduler, store = Scheduler(engine), GridStore(Path(folder))
        scheduler.prepare(short)
        for _ in scheduler.run([warm_up, *short], store, limit(engine)):
            pass
        return [look(store.run(spec.run_id)) for spec in short]


def _limit(engine: Engine) -> Watcher:
    """Return what ends probes that have taken long enough."""
    began: dict[str, float] = {}

    def watch(running: Mapping[str, tuple[str, int, int]]) -> None:
        for run, (_, step, _) in running.items():
            taken = time.monotonic() - began.setdefault(run, time.monotonic())
            if step >= LEAST and taken > LIMIT:
                engine.stop(run)

    return watch


def _probe(spec: RunSpec) -> RunSpec:
    once = dataclasses.replace(spec.evaluation, every=STEPS)
    return dataclasses.replace(
        spec, seed=0, steps=STEPS, log_every=LOG_EVERY, diagnostics_every=STEPS, evaluation=once
    )


def _pace(store: RunStore) -> Pace | None:
    """Return the pace of a probe after its first steps, None where it did not come that far."""
    warm = [row for row in store.rows("timing") if row["step"] >= WARM]
    if len(warm) < 2:
        return None
    seconds, steps = (warm[-1][name] - warm[0][name] for name in ("seconds", "step"))
    return Pace(seconds / steps, _measuring(store))
