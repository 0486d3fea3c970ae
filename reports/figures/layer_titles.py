"""What layers, and the steps they are shown at, are called."""

from __future__ import annotations

from typing import Any

from reports.stats.numbers import Numbers


def layer_title(layer: Any) -> str:
    """Return the name of a row of ``layers``, such as ``conv 0 (32 x 16)``."""
    return f"{layer.kind} {layer.layer} ({layer.rows:.0f} x {layer.columns:.0f})"


def at_steps(numbers: Numbers) -> str:
    """Return the last steps at which spectra of one cell were recorded, in words."""
    low, high = numbers.spectra_steps["first"].iloc[0], numbers.spectra_steps["last"].iloc[0]
    return f"at step {high}" if low == high else f"at each run's last step ({low} to {high})"
