"""Components from outside survive kills: networks that grow, replay, a lazy penalty."""

from __future__ import annotations

import contextlib
import os
import random
import signal
from pathlib import Path

import pytest

EXTENSIONS = Path(__file__).parents[1] / "examples" / "extensions.py"
KILLS = 8
GRID = """
name: g
base:
  dataset: digits
  model: {name: growing, at: 150, fade: 300}
  loss: nonsaturating
  optimizer: {name: adam, lr: 1e-3}
  stabilisers: [replay, shaken]
  schedule: {cosine: {warmup: 100}}
  augment: [shift, noise]
  ema: 0.99
  steps: 2000
  batch_size: 32
  evaluation: {every: 20, samples: 200}
  log_every: 7
  diagnostics_every: 90
methods: [spectral_norm, lazy]
seeds: 1
"""


@pytest.mark.slow
def test_killed_anywhere_they_end_with_the_same_bytes(start, numbers, tmp_path) -> None:
    (tmp_path / "grid.yaml").write_text(GRID)
    plugin = ("--plugin", str(EXTENSIONS))
    whole = start(*plugin, "--out", "whole")
    assert whole.wait() == 0, whole.text()
    bench, victim = start(*plugin, "--workers", "1", "--retries", "100"), 0
    moments = random.Random(0)
    for _ in range(KILLS):
        victim = bench.training(other_than=victim)
        run = next((run for run, pid in bench.workers().items() if pid == victim), None)
        if run is None:  # it ended in between
            continue
        rows = bench.runs / run / "metrics.jsonl"
        further = rows.stat().st_size + moments.randrange(4000)
        bench.until(
            lambda victim=victim, rows=rows, further=further: (
                rows.stat().st_size >= further or victim not in bench.workers().values()
            )
        )
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, moments.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV]))
    assert bench.wait() == 0, bench.text()
    assert bench.text().count("of 100") >= KILLS // 2, "few of the kills met a run"
    assert numbers(bench.runs) == numbers(bench.folder / "whole/g/runs")
    assert bench.gone() == {}
