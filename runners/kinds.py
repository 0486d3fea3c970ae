"""Kinds of runs: what decides how much one step of training costs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def kind(spec: Mapping[str, Any]) -> str:
    """Return what of a resolved spec decides its pace: all but seed, steps and real numbers."""
    kept = {key: value for key, value in spec.items() if key not in ("seed", "steps", "plugins")}
    return json.dumps(without_floats(kept), sort_keys=True)


def without_floats(value: Any) -> Any:
    """Return plain data without real numbers, which change no pace."""
    if isinstance(value, dict):
        return {k: without_floats(v) for k, v in value.items() if not isinstance(v, float)}
    return [without_floats(item) for item in value] if isinstance(value, list) else value
