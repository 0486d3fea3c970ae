"""`bench show`, `bench sample` and `bench eval`: finished runs, looked at and used again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runners.errors import UserProblem
from runners.files import write_bytes
from runners.options import Options
from runners.store.grid import GridStore
from runners.store.run import RunStore
from runners.store.states import State


def run_store(folder: Path) -> RunStore:
    """Return the store of a run's folder.

    Raises:
        UserProblem: it is not one.
    """
    store = RunStore(folder.resolve())
    if not store.spec_file.is_file():
        raise UserProblem(f"{folder}: not a run's folder (results/<grid>/runs/<run>)")
    return store


def run_stores(folder: Path) -> list[RunStore]:
    """Return the run of a run's folder, or the finished runs of a grid's.

    Raises:
        UserProblem: it is neither, or nothing is finished.
    """
    grid = GridStore(folder)
    if not grid.plan_file.is_file():
        return [run_store(folder)]
    stores = [grid.run(run_id) for run_id in grid.plan()["runs"]]
    states = [store.status().state for store in stores]
    found = Counter(states)
    if State.FINISHED not in found:
        counts = ", ".join(f"{count} {state}" for state, count in found.items())
        raise UserProblem(f"{folder}: no run is finished: {counts or 'none is planned'}")
    return [store for store, state in zip(stores, states, strict=True) if state == State.FINISHED]


def show(folder: Path) -> Iterator[str]:
    """Yield what is known of a run: status, spec, scores and files."""
    store = run_store(folder)
    status = store.status()
    yield f"{store.run_id}: {status.state}"
    known = {"step": status.step, "reason": status.reason}
    yield from (f"  {name}: {value}" for name, value in known.items() if value)
    yield "spec:"
    yield from (f"  {key}: {json.dumps(value)}" for key, value in store.spec().items())
    yield "scores:"
    yield from (f"  {_row(row)}" for row in (*store.rows("scores")[-1:], *store.rows("evals")))
    yield from (f"samples: {file}" for _, file in store.sample_grids()[-1:])


def _row(row: dict[str, Any]) -> str:
    numbers = {key: value for key, value in row.items() if key not in ("step", "protocol")}
    words = [f"{key} {value:.4g}" for key, value in numbers.items() if value is not None]
    return f"step {row['step']}: {', '.join(words)}  [{row['protocol']}]"


def sample(folder: Path, count: int, out: Path, form: str) -> str:
    """Write generated data of a run's checkpoint, of G itself and no average, and say where.

    Args:
        form: ``png``, a file an image, or ``npz``, one array ``images``.
    """
    import io

    import numpy as np

    from runners.measure import write_png
    from runners.rescore import samples

    store = run_store(folder)
    _, data, step = samples(store, "sample", count)
    if form == "png" and data.dim() != 4:
        raise UserProblem(f"{folder}: generates points, not images; use --format npz")
    out.mkdir(parents=True, exist_ok=True)
    if form == "npz":
        buffer = io.BytesIO()
        np.savez_compressed(buffer, images=data.numpy())
        write_bytes(out / "samples.npz", buffer.getvalue())
    else:
        for number, image in enumerate(data.permute(0, 2, 3, 1).numpy()):
            write_png(out / f"{number:06d}.png", image)
    return f"{count} samples of {store.run_id} at step {step} in {out}"


def evaluate(folder: Path, changes: dict[str, Any], options: Options) -> Iterator[str]:
    """Score finished runs again from their checkpoints, G itself and no average; a line each.

    Raises:
        UserProblem: a metric is named twice, or a run cannot be scored so.
    """
    from runners.rescore import rescore

    named = Counter(changes.get("metrics", ()))
    if twice := [name for name, count in named.items() if count > 1]:
        raise UserProblem(f"--metrics {', '.join(twice)}: given twice")
    for store in run_stores(folder):
        yield f"{store.run_id}: {_row(rescore(store, changes, options))}"
