"""Columns of the store's rows, and rows to typed frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import pandas as pd

from runners.spec import METRICS

# A DataFrame and a Series. pandas' own annotations call every selection either of the two, so
# that a type checker would refuse most correct code.
Frame: TypeAlias = Any
Column: TypeAlias = Any

KEYS = ("run_id", "cell", "method", "seed")
PROOFS = ("generator_init", "discriminator_init", "batches", "latents")
ROW_COLUMNS = {
    "metrics": (
        "step", "loss_d", "loss_g", "penalty", "logit_real", "logit_fake", "accuracy_d",
        "grad_norm_d", "grad_norm_g",
    ),
    "scores": ("step", "protocol"),
    "spectra": (
        "step", "layer", "index", "kind", "rows", "columns", "singular_values", "sigma_max",
        "stable_rank", "effective_rank", "log10_q90_q10",
    ),
    "diagnostics": (
        "step", "input_grad_real", "input_grad_fake", "input_grad_interpolates", "input_grad_max",
    ),
    "timing": ("step", "seconds"),
    "evals": ("step", "protocol"),
}  # fmt: skip
"""What every row has."""

LATER_COLUMNS = {
    "spectra": ("sigma_min", "condition", "operator_norm", "operator_bound"),
    "diagnostics": (
        "lipschitz_lower", "lipschitz_upper", "tightness", "upper_undefined", "conformance",
    ),
}  # fmt: skip
"""What rows of older runs lack: missing there."""

NOT_NUMBERS = (
    "run_id", "cell", "method", "protocol", "layer", "kind", "singular_values",
    "upper_undefined", "conformance",
)  # fmt: skip
SCORED = tuple(column for metric in METRICS.values() for column in metric.columns)
NUMBERS = {
    *(c for columns in (ROW_COLUMNS, LATER_COLUMNS) for name in columns for c in columns[name]),
    *SCORED,
    *("seconds_per_step", "observed_until", "collapse_step", "fid_area", "fid_ratio"),
} - set(NOT_NUMBERS)
WITH_SCORES = ("scores", "evals")
WHOLE = ("seed", "step", "steps", "index")


def fits(column: str, value: Any) -> bool:
    """Return whether a row may have this value there; columns nobody reads may have any."""
    if column in WHOLE:
        return isinstance(value, int)
    if column in NUMBERS:
        return value is None or isinstance(value, int | float)
    if column == "singular_values":
        return isinstance(value, list) and all(isinstance(v, int | float) for v in value)
    if column == "conformance":
        return isinstance(value, dict) and all(isinstance(v, dict) for v in value.values())
    if column == "upper_undefined":
        return value is None or isinstance(value, str)
    return column not in NOT_NUMBERS or isinstance(value, str)


def keyed(key: tuple[str, str, str, int], row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row that begins with its run's keys."""
    return {**dict(zip(KEYS, key, strict=True)), **row}


def rows_frame(
    name: str, runs: Mapping[str, list[dict[str, Any]]], keys: Mapping[str, Any]
) -> Frame:
    """Return the rows of one row file of all runs, each with its run's keys."""
    rows = [keyed(keys[i], row) for i, mine in runs.items() for row in mine]
    present = {column for row in rows for column in row}
    scores = [column for column in SCORED if column in present] if name in WITH_SCORES else []
    columns = [*KEYS, *ROW_COLUMNS[name], *LATER_COLUMNS.get(name, ()), *scores]
    return typed(pd.DataFrame(rows, columns=columns), keys)


def typed(frame: Frame, keys: Mapping[str, tuple[str, str, str, int]]) -> Frame:
    """Make numbers floats, counts integers, and cells and methods categories of the plan."""
    for column in frame.columns.intersection(sorted(NUMBERS)):
        frame[column] = frame[column].astype(float)
    for column in frame.columns.intersection(WHOLE):
        frame[column] = frame[column].astype(int)
    for column, place in (("cell", 1), ("method", 2)):
        order = list(dict.fromkeys(key[place] for key in keys.values()))
        frame[column] = pd.Categorical(frame[column], categories=order, ordered=True)
    return frame
