"""Two copies of a run: where they differ in what was measured, and how one is made."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path
from typing import Any

from runners.errors import StoreProblem
from runners.files import TEMPORARY, read_bytes, read_json
from runners.store.lease import BEATS, lapse
from runners.store.proof import hashes
from runners.store.run import EVALS, RunStore

COMPARED = tuple(name for name in RunStore.ROW_FILES if name != "timing")
SHOWN = 40  # characters of a value


def difference(one: RunStore, other: RunStore) -> str:
    """Return the first difference between what two ended copies of a run measured, '' if none.

    Times and what they ran on may differ, and one may have been scored again more often.
    """
    for name in COMPARED:
        if found := _of_rows(one, other, name):
            return found
    for file in ("proof_file", "floor_file"):
        if found := _of_values(getattr(one, file), getattr(other, file)):
            return found
    for file in ("samples_file", "surface_file"):
        if not _same_arrays(getattr(one, file), getattr(other, file)):
            return f"{getattr(one, file).name} holds other arrays"
    return _of_evals(one, other)


def scored_again(run: RunStore) -> int:
    """Return how often a run was scored again after its end."""
    return len(run.rows(EVALS))


def copy(run: RunStore, target: RunStore) -> None:
    """Copy a run's folder, every byte of it, but for files that were cut off half-written.

    Raises:
        StoreProblem: another process is at the run, or something in it cannot be copied.
    """

    def torn(_folder: str, names: list[str]) -> list[str]:
        return [name for name in names if TEMPORARY.fullmatch(name)]

    try:
        shutil.copytree(run.folder, target.folder, symlinks=True, ignore=torn)
    except shutil.Error as error:
        source, _, reason = error.args[0][0]
        raise StoreProblem(f"{source}: cannot be copied: {reason}") from error


def require_still(runs: Iterable[RunStore]) -> None:
    """Refuse unfinished runs that a process is at: nothing is written to find out.

    Of processes of other machines only signs of life tell, whatever their clocks: these are
    waited for.

    Raises:
        StoreProblem: which runs, and which processes.
    """
    held = {run: run.holder() for run in runs if not run.is_done()}
    lives = {run: run.holder_lives(holder) for run, holder in held.items()}
    if None in lives.values():
        time.sleep(2 * lapse() / BEATS)
    at = [
        f"  {run.folder}: {holder} is at this run"
        for run, holder in held.items()
        if lives[run] or (lives[run] is None and run.holder() != holder)
    ]
    if at:
        raise StoreProblem("\n".join(("wait until these runs end, or stop them:", *at)))


def _of_rows(one: RunStore, other: RunStore, name: str) -> str:
    if read_bytes(one.rows_file(name)) == read_bytes(other.rows_file(name)):
        return ""
    for mine, theirs in zip_longest(one.rows(name), other.rows(name)):
        if found := _of_keys(mine or {}, theirs or {}):
            return f"{name}.jsonl, step {(mine or theirs or {})['step']}: {found}"
    return ""


def _of_keys(mine: dict[str, Any], theirs: dict[str, Any]) -> str:
    """Return the first key that differs, with its two values, '' if none does."""
    for key in {**mine, **theirs}:
        if mine.get(key) != theirs.get(key):
            return f"{key} is {_shown(mine.get(key))} and {_shown(theirs.get(key))}"
    return ""


def _of_values(mine: Path, theirs: Path) -> str:
    one, other = (hashes(read_json(file)) if file.exists() else {} for file in (mine, theirs))
    found = _of_keys(one, other)
    return f"{mine.name}: {found}" if found else ""


def _same_arrays(mine: Path, theirs: Path) -> bool:
    """Whether two files hold equal arrays: the same ones may be packed in different bytes."""
    if read_bytes(mine) == read_bytes(theirs):
        return True
    if not (mine.exists() and theirs.exists()):
        return False
    import numpy as np

    with np.load(mine) as one, np.load(theirs) as other:
        return one.files == other.files and all(
            np.array_equal(one[name], other[name]) for name in one.files
        )


def _of_evals(one: RunStore, other: RunStore) -> str:
    both = zip(one.rows(EVALS), other.rows(EVALS), strict=False)
    for mine, theirs in both:
        if found := _of_keys(mine, theirs):
            return f"{EVALS}.jsonl, step {mine['step']}: {found}"
    return ""


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
