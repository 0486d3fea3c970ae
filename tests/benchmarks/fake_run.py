"""A plugin that makes every run last 10 ms: what is left is what the suite itself costs.

Where FAKE_RUN_TEMPLATE names a real run, each writes files like those, with scores of its own.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

from runners.options import Options
from runners.spec import RunSpec
from runners.store.run import RunStore
from runners.store.states import State, Status

METHODS: dict[str, Any] = {}
SECONDS = 0.01
TEMPLATE = "FAKE_RUN_TEMPLATE"


def train(spec: RunSpec, store: RunStore, _options: Options, *_: Any) -> Status:
    """Take the time of a short run, and leave what one leaves."""
    time.sleep(SECONDS)
    if TEMPLATE in os.environ:
        _write(spec, store)
    status = Status(State.FINISHED, spec.steps, None, "", SECONDS, SECONDS / spec.steps)
    store.write_status(status)
    return status


def _write(spec: RunSpec, store: RunStore) -> None:
    (template, proof), draw = _template(), random.Random(spec.run_id)
    for name, rows in template.items():
        store.append(name, [row | _scored(row, draw) for row in rows])
    seed = hashlib.sha256(f"{spec.seed}".encode()).hexdigest()
    mine = {key: seed if len(str(value)) == len(seed) else value for key, value in proof.items()}
    store.write_json(store.proof_file, mine)


@cache
def _template() -> tuple[dict[str, list[dict[str, Any]]], dict[str, Any]]:
    real = RunStore(Path(os.environ[TEMPLATE]))
    return {name: real.rows(name) for name in RunStore.ROW_FILES}, real.proof()


def _scored(row: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    factor = draw.uniform(0.8, 1.2)
    return {name: row[name] * factor for name in row if name.startswith(("fid", "is"))}


if "runners.engines.task" in sys.modules:  # in a worker; the command itself needs no torch
    setattr(sys.modules["runners.engines.task"], "train", train)  # noqa: B010
