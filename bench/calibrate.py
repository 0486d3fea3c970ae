"""Timing kinds of runs for a budget in seconds: a few hundred steps of each, alone here."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from bench.cost import probed
from bench.grid.budget import STAND_IN
from runners import identity
from runners.engines import chosen
from runners.engines.base import Engine
from runners.engines.resources import Resources
from runners.engines.scheduler import Watcher
from runners.errors import UserProblem
from runners.kinds import without_floats
from runners.options import Options
from runners.schedules import Constant
from runners.spec import RunSpec
from runners.store.calibration import Measured
from runners.store.proof import ran_on
from runners.store.run import RunStore
from runners.store.states import State

NOT_PACE = (
    "seed", "steps", "evaluation", "log_every", "diagnostics_every", "force", "plugins",
)  # fmt: skip
"""Fields of a spec that change no step's seconds."""

MACHINE = ("cpu", "device", "instructions", "threads", "torch")
"""What of a run's proof says where it was timed."""

PROBE, WARM, LOG_EVERY = 500, 50, 10  # steps of a probe, those left out, between times
LEAST, LIMIT = 100, 5.0  # steps that are done however long they take; seconds for more
SAMPLES = 100  # of the scorings of a probe, which are not timed, where its metrics allow so few

ROUNDS = (0, 2)
"""Seeds of the probes of a kind: one after those of all other kinds, and the faster one counts, for
what else a machine does makes steps slower and never faster."""


class Timed(NamedTuple):
    """What a probe shows of its kind; the better one is the smaller.

    Args:
        cut: whether it ended before LEAST steps.
        seconds_per_step: the mean, for what is done every few steps alone is part of it.
        steps: that were timed.
        machine: where.
    """

    cut: bool
    seconds_per_step: float
    steps: int
    machine: dict[str, str]

    def better(self, other: Timed | None) -> Timed:
        """Return the better one of two."""
        return self if other is None or self[:2] < other[:2] else other


def trained(spec: RunSpec) -> dict[str, Any]:
    """Return what of a spec decides the seconds of its steps, the same for later versions."""
    kept = {k: v for k, v in identity.distinct(spec).items() if k not in NOT_PACE}
    found: dict[str, Any] = without_floats(kept)
    return found | ({"ema": True} if spec.ema else {})


def names(specs: Iterable[RunSpec]) -> str:
    """Return the methods of specs in words."""
    return ", ".join(dict.fromkeys(spec.method_label for spec in specs))


def alone(options: Options, devices: Sequence[str] = ()) -> Engine:
    """Return an engine of one worker of this machine.

    Args:
        options: how to run.
        devices: those asked for, of which the first is taken; none leaves the choice to it.
    """
    return chosen("local").made(Resources(workers=1, devices=tuple(devices[:1])), options)


Make = Callable[[Options], Engine]


def measured(
    kinds: Sequence[Sequence[RunSpec]], options: Options, one: Make = alone
) -> list[Measured]:
    """Return the pace of every kind, one run at a time on this machine.

    Of a kind whose first spec ends early, as one that diverges, the next is tried; where all end
    early, the steps that they did before count.

    Args:
        kinds: the specs of each.
        options: how to run.
        one: builds an engine of one worker.

    Raises:
        UserProblem: what is missing to run them, or a kind crashed.
    """
    best: dict[int, Timed] = {}
    for tried in zip_longest(*kinds):
        left = {n: s for n, s in enumerate(tried) if s and (n not in best or best[n].cut)}
        if not left:
            break
        short = [_probe(spec, seed) for seed in ROUNDS for spec in left.values()]
        found = probed(short, options, one, _limit, _timed)
        for place, timed in zip([*left] * len(ROUNDS), found, strict=True):
            if timed:
                best[place] = timed.better(best.get(place))
    if none := [specs[0] for place, specs in enumerate(kinds) if place not in best]:
        raise UserProblem(
            f"base.budget: {names(none)} did not come as far as {LEAST} steps, so nothing is "
            "calibrated; base.steps would show how it ends"
        )
    today = time.strftime("%Y-%m-%d", time.gmtime())
    return [
        Measured(trained(specs[0]), best[n].seconds_per_step, best[n].steps, today, best[n].machine)
        for n, specs in enumerate(kinds)
    ]


def _probe(spec: RunSpec, seed: int) -> RunSpec:
    least = max((SAMPLES, *(metric.least for metric in spec.evaluation.metrics)))
    few = min(spec.evaluation.samples, least)
    once = dataclasses.replace(spec.evaluation, every=STAND_IN, samples=few)
    return dataclasses.replace(
        spec,
        seed=seed,
        steps=PROBE,
        log_every=LOG_EVERY,
        diagnostics_every=STAND_IN,
        evaluation=once,
        schedule=Constant(),
    )


def _limit(engine: Engine) -> Watcher:
    """Return what ends probes that have trained long enough; they score before their first step."""
    began: dict[str, float] = {}

    def watch(running: Mapping[str, tuple[str, int, int]]) -> None:
        for run, (_, step, _) in running.items():
            if step == 0:
                continue
            taken = time.monotonic() - began.setdefault(run, time.monotonic())
            if step >= LEAST and taken > LIMIT:
                engine.stop(run)

    return watch


def _timed(run: RunStore) -> Timed | None:
    """Return what a probe shows, after its first steps if it can; None where it did not end well.

    One that diverges is a result, as it is of a run.
    """
    rows = list(run.rows("timing"))
    if len(rows) < 2:
        return None
    cut = rows[-1]["step"] < LEAST
    if cut and run.status().state != State.DIVERGED:
        return None
    warm = [row for row in rows if row["step"] >= (LOG_EVERY if cut else WARM)]
    first, last = (warm if len(warm) > 1 else rows)[0], rows[-1]
    seconds, steps = (last[name] - first[name] for name in ("seconds", "step"))
    ran = ran_on(run.proof() or _proof_so_far(run))
    machine = {name: ran[name] for name in MACHINE if name in ran}
    return Timed(cut, seconds / steps, steps, machine)


def _proof_so_far(run: RunStore) -> dict[str, str]:
    """Return the proof of a probe that was stopped, as its checkpoint holds it."""
    from runners import checkpoint  # imports torch

    saved = checkpoint.load(run)
    return saved["proof"] if saved else {}
