"""A grid with tuning killed at random moments: the same winners, the same bytes."""

from __future__ import annotations

import contextlib
import os
import random
import signal

import pytest

KILLS = 20
GRID = """
name: g
base:
  dataset: digits
  model: {name: dcgan, width: 8, latent: 16}
  loss: nonsaturating
  optimizer: {name: adam, lr: 1e-3}
  steps: 400
  batch_size: 32
  evaluation: {every: 20, samples: 200, metrics: [fid]}
  log_every: 7
  diagnostics_every: 90
methods: [none, weight_clipping]
tuning:
  trials: 2  # few: the last kills meet the confirmation
  seeds: 1
  select: {metric: fid}
  shared: {optimizer.lr: {log: [1e-4, 4e-3]}}
  methods:
    weight_clipping: {c: {log: [0.005, 0.5]}}
seeds: 2
"""


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_killed_anywhere_it_chooses_the_same_winners(start, numbers, tmp_path) -> None:
    (tmp_path / "grid.yaml").write_text(GRID)
    options = ("--workers", "2")
    whole = start(*options, "--out", "whole")
    assert whole.wait() == 0, whole.text()
    draw = random.Random(0)
    bench = start(*options, "--retries", "100")
    for number in range(KILLS):
        victim = _further(bench, draw.randrange(9000))
        victim = bench.process.pid if number % 4 == 3 else victim
        if victim not in (bench.process.pid, *bench.workers().values()):
            continue  # its run ended in between; it may be preparing what comes next
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, draw.choice([signal.SIGKILL, signal.SIGTERM]))
        if victim == bench.process.pid:
            bench.wait()
            assert bench.gone() == {}
            bench = start(*options, "--retries", "100")
    assert bench.wait() == 0, bench.text()
    assert numbers(bench.runs) == numbers(tmp_path / "whole/g/runs")
    plans = [tmp_path / folder / "g/grid.json" for folder in ("results", "whole")]
    assert plans[0].read_bytes() == plans[1].read_bytes()
    assert '"winners": {}' not in plans[0].read_text()


def _further(bench, size: int) -> int:
    """Wait until some run has as many more bytes of rows, and return its worker."""
    victim = bench.training()
    run = next((run for run, pid in bench.workers().items() if pid == victim), None)
    if run is not None:  # it did not end in between
        rows = bench.runs / run / "metrics.jsonl"
        end = rows.stat().st_size + size
        bench.until(lambda: rows.stat().st_size >= end or bench.workers().get(run) != victim)
    return victim
