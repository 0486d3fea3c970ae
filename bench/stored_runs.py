"""`bench show`, `bench sample` and `bench eval`: finished runs, looked at and used again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runners.errors import StoreProblem, UserProblem
from runners.files import write_bytes
from runners.options import Options
from runners.store.grid import found
from runners.store.run import RunStore
from runners.store.states import State


def run_store(folder: Path) -> RunStore:
    """Return the store of a run's folder.

    Raises:
        UserProblem: it is not one.
    """
    store = RunStore(folder.resolve())
    if not store.spec_file.is_file():
        raise UserProblem(
            f"{folder}: not a run's folder, which has a spec.json and lies at "
            "results/<grid>/runs/<run>"
        )
    return store


def run_stores(folder: Path) -> list[RunStore]:
    """Return the run of a run's folder, or the ended runs of a grid's.

    Raises:
        UserProblem: it is neither, or nothing is finished.
    """
    if RunStore(folder).spec_file.is_file():
        return [run_store(folder)]
    grid = found(folder)
    stores = [grid.run(run_id) for run_id in grid.planned()]
    ended = [store for store in stores if store.is_done()]
    if not ended:
        raise UserProblem(f"{folder}: no run is finished yet")
    return ended


def show(folder: Path) -> Iterator[str]:
    """Yield what is known of a run: status, spec, scores and files; no scores of a damaged one."""
    store = run_store(folder)
    if damage := _damage(store):
        yield f"{store.run_id}: {State.DAMAGED}, none of its numbers are shown"
        yield f"  reason: {damage}"
        return
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
        UserProblem: nothing is finished; or, once all others are scored, runs are damaged.
    """
    from runners.rescore import rescore

    stores = run_stores(folder)
    damaged = {store.run_id: damage for store in stores if (damage := _damage(store))}
    for store in stores:
        if store.run_id not in damaged and store.status().state == State.FINISHED:
            yield f"{store.run_id}: {_row(rescore(store, changes, options))}"
    if damaged:
        raise UserProblem("\n".join(f"damaged, not scored: {one}" for one in damaged.values()))


def _damage(store: RunStore) -> str:
    """Return what shows that a run's files are not what the suite wrote, '' if nothing does."""
    try:
        store.check_whole()
        store.status()
    except StoreProblem as problem:
        return str(problem)
    return ""
