"""A run's lines as the rows of the store, and its status where only its numbers can tell."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from bench.imports.columns import LOGGED
from bench.imports.comparisons import Comparison
from bench.imports.found import Found, Line
from reports.load.columns import LATER_COLUMNS, ROW_COLUMNS, fits
from runners.errors import UserProblem
from runners.store.imported import UNKNOWN_PROTOCOL
from runners.store.states import State, Status

OURS = {"metrics": "loss_d", "scores": "protocol", "diagnostics": "input_grad_real"}
"""Row files of a run of this suite that wandb mirrors whole -> what only their rows have."""

EMPTY = {"conformance": {}}
"""What wandb leaves out where it is empty."""

Rows = dict[str, list[dict[str, Any]]]


def rows(run: Found, scores: Collection[str]) -> Rows:
    """Return the rows of each row file.

    Args:
        run: whose.
        scores: the names of all scores.

    Raises:
        UserProblem: a row has some of the run's scores and lacks others.
    """
    if run.ours:
        return {name: list(_of_file(run, name, scores)) for name in OURS}
    scored = dict.fromkeys(n for line in run.lines for n in line.values if n in scores)
    return {
        "scores": [_score(line, scored) for line in run.lines if scored.keys() & line.values],
        "metrics": [_logged(line) for line in run.lines if line.values.keys() & set(LOGGED)],
    }


def _of_file(run: Found, name: str, scores: Collection[str]) -> Iterator[dict[str, Any]]:
    wanted = (*ROW_COLUMNS[name], *LATER_COLUMNS.get(name, ()))
    for line in run.lines:
        if OURS[name] in line.values:
            row = {key: line.values.get(key, EMPTY.get(key)) for key in wanted}
            more = {key: line.values[key] for key in scores if key in line.values}
            row |= {"step": line.step} | (more if name == "scores" else {})
            if wrong := [key for key, value in row.items() if not fits(key, value, scores)]:
                said = str(row[wrong[0]])[:40]
                raise UserProblem(f"{line.where}: {wrong[0]} is {said!r}, of the wrong type")
            yield row


def _score(line: Line, scored: Mapping[str, None]) -> dict[str, Any]:
    lacks = [name for name in scored if name not in line.values]
    if lacks:
        there = next(name for name in scored if name in line.values)
        raise UserProblem(
            f"{line.where}: {', '.join(lacks)} is missing, while {there} is "
            f"{line.values[there]:g}; a run is scored by the same scores at each of its scored "
            "steps, and what one lacks is not guessed"
        )
    protocol = line.values.get("protocol", UNKNOWN_PROTOCOL)
    return {"step": line.step, **{n: line.values[n] for n in scored}, "protocol": protocol}


def _logged(line: Line) -> dict[str, Any]:
    return {name: line.values.get(name) for name in LOGGED} | {"step": line.step}


def status(run: Found, scores: Collection[str], whole: Comparison) -> Status:
    """Return how a run ended: as its source says, else as its last numbers do.

    Args:
        run: which.
        scores: the names of all scores.
        whole: what it is compared with.
    """
    if run.ours and run.status:
        return run.status
    if spoiled := _last_not_finite(run):
        name, line = spoiled
        reason = f"{name} is {line.values[name]} at the end, in {line.where}"
        return Status(State.DIVERGED, line.step, reason)
    if run.status:
        return Status(run.status.state, run.last, run.status.reason)
    scored = run.last_of(scores)
    if run.last < whole.steps:
        reason = f"it ends at step {run.last}, of {whole.steps} that the longest run has"
    elif scored is not None and scored < whole.scored:
        reason = f"its last score is of step {scored}, and others have one of {whole.scored}"
    else:
        return Status(State.FINISHED, run.last)
    return Status(State.UNFINISHED, run.last, reason)


def _last_not_finite(run: Found) -> tuple[str, Line] | None:
    """Return a number that is not finite where it stands last, and its line."""
    last = {name: line for line in run.lines for name in line.values}
    numbers = {n: line for n, line in last.items() if isinstance(line.values[n], float)}
    return next(
        ((n, line) for n, line in numbers.items() if not math.isfinite(line.values[n])), None
    )


def gaps(run: Found) -> int:
    """Return how many numbers are not finite though later ones of their name are."""
    last = {name: line.step for line in run.lines for name in line.values}
    return sum(
        isinstance(value, float) and not math.isfinite(value) and line.step < last[name]
        for line in run.lines
        for name, value in line.values.items()
    )
