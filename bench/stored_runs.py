"""`bench show`, `bench sample` and `bench eval`: finished runs, looked at and used again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runners.errors import StoreProblem, UserProblem
from runners.files import require_own, write_bytes
from runners.options import Options
from runners.store.grid import GridStore, found
from runners.store.run import RunStore
from runners.store.states import State


def run_store(folder: Path) -> RunStore:
    """Return the store of a run's folder.

    Raises:
        UserProblem: it is not one, or lies elsewhere by a link.
    """
    for path in (folder.absolute(), folder.absolute().parent):
        require_own(path)
    store = RunStore(folder.resolve())
    if not store.spec_file.is_file():
        raise UserProblem(
            f"{folder}: not a run's folder, which has a spec.json and lies at "
            "results/<grid>/runs/<run>"
        )
    return store


def run_stores(folder: Path) -> list[RunStore]:
    """Return the run of a run's folder, or the planned runs of a grid's.

    Raises:
        UserProblem: it is neither.
    """
    if RunStore(folder).spec_file.is_file():
        return [run_store(folder)]
    grid = found(folder)
    return [grid.run(run_id) for run_id in grid.planned()]


def show(folder: Path) -> Iterator[str]:
    """Yield what is known of a run, or of each method of a grid one line to cite its scores by."""
    if GridStore(folder).plan_file.is_file():
        from reports.load.loader import load
        from reports.stats.signatures import signatures

        lines = signatures(load(folder))["line"]
        yield from lines if len(lines) else ["no run has been scored yet"]
    else:
        yield from _run(folder)


def _run(folder: Path) -> Iterator[str]:
    """Yield status, spec, scores and files of a run; no scores of a damaged one."""
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

    from runners.measure import png
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
            write_bytes(out / f"{number:06d}.png", png(image))
    return f"{count} samples of {store.run_id} at step {step} in {out}"


def evaluate(folder: Path, changes: dict[str, Any], options: Options) -> Iterator[str]:
    """Score finished runs again from their checkpoints, G itself and no average; a line each.

    Raises:
        UserProblem: a metric is named twice, or a run cannot be scored so; once all others are
            scored, that runs are damaged.
    """
    from runners.rescore import rescore

    named = Counter(changes.get("metrics", ()))
    if twice := [name for name, count in named.items() if count > 1]:
        raise UserProblem(f"--metrics {', '.join(twice)}: given twice")
    stores = run_stores(folder)
    damages = {store.run_id: damage for store in stores if (damage := _damage(store))}
    sound = [store for store in stores if store.run_id not in damages]
    finished = [store for store in sound if store.status().state == State.FINISHED]
    for store in finished:
        yield f"{store.run_id}: {_row(rescore(store, changes, options))}"
    said = [f"damaged, not scored: {damage}" for damage in damages.values()]
    if not finished:
        states = [store.status().state for store in sound] + [State.DAMAGED] * len(damages)
        counts = ", ".join(f"{count} {state}" for state, count in Counter(states).items())
        said = [f"{folder}: no run is finished: {counts or 'none is planned'}", *said]
    if said:
        raise UserProblem("\n".join(said))


def _damage(store: RunStore) -> str:
    """Return what shows that a run's files are not what the suite wrote, '' if nothing does."""
    try:
        store.check_whole()
        store.status()
    except StoreProblem as problem:
        return str(problem)
    return ""
