"""A tiny grid with tuning, and `bench` as a user calls it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

TUNED = """
name: g
base:
  dataset: digits
  model: {name: dcgan, width: 8, latent: 16}
  loss: nonsaturating
  optimizer: {name: adam, lr: 1e-3}
  steps: 10
  batch_size: 32
  evaluation: {every: 10, samples: 100, metrics: [fid]}
  log_every: 5
  diagnostics_every: 10
methods: [none, weight_clipping]
tuning:
  trials: 3
  seeds: 1
  select: {metric: fid}
  shared: {optimizer.lr: {log: [1e-4, 4e-3]}}
  methods: {weight_clipping: {c: {log: [0.005, 0.5]}}}
seeds: 2
"""


@pytest.fixture
def tuned(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that calls `bench run` on the tiny grid with tuning."""
    (tmp_path / "grid.yaml").write_text(TUNED)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["run", "--grid", "grid.yaml", "--wandb", "disabled"]
        return subprocess.run(
            [sys.executable, "-m", "bench", *command, *arguments],
            capture_output=True, text=True, cwd=tmp_path, check=False,
            env=os.environ | {"NO_COLOR": "1", "COLUMNS": "200"},
        )  # fmt: skip

    return run
