"""Columns of the store's rows, and what they may hold; scores have their columns from metrics."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

from runners.store.proof import ENVIRONMENT

# A DataFrame and a Series. pandas' own annotations call every selection either of the two, so
# that a type checker would refuse most correct code.
Frame: TypeAlias = Any
Series: TypeAlias = Any

KEYS = ("run_id", "cell", "method", "seed")
PROOFS = ("generator_init", "discriminator_init", "batches", "latents")
COSTS = ("seconds_per_step", "flops_per_step", "peak_bytes")
"""What a step of a run cost, and the run in memory; missing where no version recorded it."""
RAN_ON = {f"ran_on.{key}": key for key in ENVIRONMENT}
"""Columns of what a run ran on, and their keys in its proof."""

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
    "best": ("step", "protocol"),
    "evals": ("step", "protocol"),
}  # fmt: skip
"""What every row has."""

LATER_COLUMNS = {
    "spectra": ("sigma_min", "condition", "operator_norm", "operator_upper", "operator_bound"),
    "metrics": ("auc_gap",),
    "diagnostics": (
        "lipschitz_lower", "lipschitz_upper", "tightness", "upper_undefined", "conformance",
    ),
}  # fmt: skip
"""What rows of older runs lack: missing there."""

NOT_NUMBERS = (
    "run_id", "cell", "method", "protocol", "layer", "kind", "singular_values",
    "upper_undefined", "conformance",
)  # fmt: skip
NUMBERS = {
    *(c for columns in (ROW_COLUMNS, LATER_COLUMNS) for name in columns for c in columns[name]),
    *COSTS,
    *("observed_until", "fall", "collapse_step"),
} - set(NOT_NUMBERS)
WITH_SCORES = ("scores", "best", "evals")
WHOLE = ("seed", "step", "steps", "index")


def fits(column: str, value: Any, scored: Collection[str] = ()) -> bool:
    """Return whether a row may have this value there; columns nobody reads may have any.

    Args:
        column: its name.
        value: what a row holds there.
        scored: the names of the columns that hold scores.
    """
    if column in WHOLE:
        return isinstance(value, int)
    if column in NUMBERS or column in scored:
        return value is None or isinstance(value, int | float)
    if column == "singular_values":
        return isinstance(value, list) and all(isinstance(v, int | float) for v in value)
    if column == "conformance":
        return isinstance(value, dict) and all(isinstance(v, dict) for v in value.values())
    if column == "upper_undefined":
        return value is None or isinstance(value, str)
    return column not in NOT_NUMBERS or isinstance(value, str)
