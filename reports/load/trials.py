"""The trial runs of a tuned grid as one frame, from the few files that it needs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from pydantic import ValidationError

from reports.load.columns import Frame
from reports.load.labels import as_text
from reports.load.run_files import ODD
from reports.load.settings import NAMED_SETTING, flatten
from reports.load.stored_specs import Spec, require_sound
from reports.load.tuning import Tuning
from runners.errors import StoreProblem
from runners.spec import from_stored
from runners.store.grid import GridStore
from runners.store.run import RunStore
from runners.store.states import State
from runners.tuning.select import run_cost

MEASURED = (
    "score", "cost", "test", "steps", "seconds", "lipschitz_lower", "lipschitz_upper",
)  # fmt: skip
TRIAL_COLUMNS = (
    "run_id", "method", "label", "trial", "seed", "state", "reason", "protocol", *MEASURED,
)  # fmt: skip
SETTING = "setting."


def no_trials() -> Frame:
    """Return the frame of a grid without tuning."""
    return pd.DataFrame(columns=list(TRIAL_COLUMNS))


def trials_frame(grid: GridStore, tuning: Tuning, specs: Mapping[str, Spec | None]) -> Frame:
    """Return one row per planned trial run.

    Args:
        grid: the results folder.
        tuning: of its plan.
        specs: the stored specs of the runs that have begun, by id.

    Returns:
        run_id, method, label, trial, seed, state; reason: of damage; protocol;
        score: the selection's column at the last step of a finished run;
        cost: the same with lower always better; infinite where the run failed or has no number,
        missing where it has not ended;
        test: the same metric against the test split, against the training images in stores that
        have no such column;
        steps; seconds: of training; lipschitz_lower, lipschitz_upper: at the last diagnosed step;
        ``setting.<name>``: each searched setting, from the run's own spec.
    """
    rows = [
        {"run_id": run_id, "method": tuning.names[point.method], "label": point.method,
         "trial": point.trial, "seed": tuning.runs[run_id].seed,
         **_measured(grid.run(run_id), tuning, run_id),
         **_settings(specs.get(run_id) or tuning.runs[run_id].spec, tuning, point.method)}
        for point in tuning.plan.points
        for run_id in point.runs
    ]  # fmt: skip
    settings = [SETTING + key for key in tuning.searched]
    frame = pd.DataFrame(rows, columns=[*TRIAL_COLUMNS, *settings])
    order = list(dict.fromkeys(tuning.names.values()))
    frame["method"] = pd.Categorical(frame["method"], categories=order, ordered=True)
    return frame.astype(dict.fromkeys(MEASURED, float))


def _measured(store: RunStore, tuning: Tuning, run_id: str) -> dict[str, Any]:
    """Return what a run's files say; one whose files are damaged has no numbers."""
    try:
        require_sound(store, tuning.runs[run_id])
        return _read(store, tuning)
    except StoreProblem as problem:
        return {"state": State.DAMAGED.value, "reason": str(problem)}
    except ODD as error:
        reason = f"{store.folder}: holds values of the wrong type: {error}"
        return {"state": State.DAMAGED.value, "reason": reason}


def _read(store: RunStore, tuning: Tuning) -> dict[str, Any]:
    status = store.status()
    scores, diagnosed, timing = (
        store.last_row(name) or {} for name in ("scores", "diagnostics", "timing")
    )
    finished = status.state == State.FINISHED
    at_end = scores if finished and scores.get("step", 0) > 0 else {}
    select = tuning.plan.select
    score = _number(at_end, select.column)
    cost = run_cost(score, select.lower_is_better)
    return {
        "state": status.state.value,
        "reason": status.reason or "",
        "protocol": str(scores["protocol"]) if "protocol" in scores else None,
        "score": score,
        "cost": cost if status.ended else math.nan,
        "test": _number(at_end, tuning.test if tuning.test in at_end else tuning.base),
        "steps": float(scores.get("step", 0) if status.step is None else status.step),
        "seconds": _number(timing, "seconds"),
        "lipschitz_lower": _number(diagnosed, "lipschitz_lower"),
        "lipschitz_upper": _number(diagnosed, "lipschitz_upper"),
    }


def _number(row: Mapping[str, Any], column: str) -> float:
    value = row.get(column)
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{column} is {str(value)[:40]}")
    return float(value)


def _settings(spec: Spec, tuning: Tuning, method: str) -> dict[str, Any]:
    keys = tuning.plan.dimensions.get(method, ())
    return {SETTING + key: _plain(setting_at(spec, key)) for key in keys}


def setting_at(spec: Spec, key: str) -> Any:
    """Return what a spec holds under a dotted name, None where it has no such field.

    Args:
        spec: as plain data.
        key: the name; ``setting`` is that of the optimiser setting it is.
    """
    if key == NAMED_SETTING:
        return _named_setting(spec)
    found: Any = spec
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _named_setting(spec: Spec) -> str | None:
    try:
        return from_stored(spec).setting
    except ValidationError:  # it holds what is not known here
        return None


def _plain(value: Any) -> Any:
    """Return a setting as a number or as text."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53:
        return value
    return as_text(flatten({"": [value] if isinstance(value, Mapping) else value})[""])
