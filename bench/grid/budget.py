"""The key budget of base: seconds that every method trains, in place of a number of steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from bench.grid.fields import BUDGET
from bench.grid.keys import REQUIRED, Key
from bench.grid.merge import Cell
from bench.grid.messages import show, unknown_key
from bench.grid.problems import Problems

SECONDS, STEPS = "seconds", "steps"
MOST = 1e7
PATH = ("base", BUDGET)

KEYS = {
    SECONDS: Key(
        f"number > 0, <= {MOST:g}",
        REQUIRED,
        "of training alone, without scoring and diagnosis: every method trains as many steps as "
        "the calibration gives it for these; it is made once, by the first bench run, and kept in "
        "calibration.json of the results",
    ),
}
"""The keys of budget."""

STAND_IN = 10_000_000
"""Steps of a spec until the calibration is known: the most there can be, so that all else fits."""


def read(problems: Problems, top: Mapping[str, Any], fixed: Cell) -> float | None:
    """Return the seconds of every run's training, None where a grid counts steps.

    Args:
        problems: takes what is wrong.
        top: the file's content.
        fixed: overrides; one of steps ends the budget.
    """
    base = top.get("base")
    if not isinstance(base, dict) or BUDGET not in base:
        return None
    if STEPS in base:
        problems.at(PATH, "stands beside steps; keep one of them", key=True)
    seconds = _seconds(problems, base[BUDGET])
    axes = top.get("axes")
    if isinstance(axes, dict) and STEPS in axes:
        problems.at(("axes", STEPS), "stands beside base.budget; keep one of them", key=True)
    if any(assignment.target == (STEPS,) for assignment in fixed):
        return None
    if "tuning" in top:
        text = "a grid with tuning counts steps, which are the same for all trials; give steps"
        problems.at(PATH, text, key=True)
    return seconds


def _seconds(problems: Problems, budget: object) -> float | None:
    if not isinstance(budget, dict) or not budget:
        problems.at(PATH, f"expected {{{SECONDS}: a number}}, got {show(budget)}")
        return None
    for key in budget:
        if key not in KEYS:
            problems.at((*PATH, key), unknown_key(key, KEYS), key=True)
    if SECONDS not in budget:
        problems.at((*PATH, SECONDS), "required but missing")
        return None
    seconds = budget[SECONDS]
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not number or not math.isfinite(seconds) or not 0 < seconds <= MOST:
        text = f"expected a number above 0 and at most {MOST:g}, got {show(seconds)}"
        problems.at((*PATH, SECONDS), text)
        return None
    return float(seconds)


def with_steps(top: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a file's content with steps that only stand in, where it has a budget."""
    base = top.get("base")
    if not isinstance(base, dict) or BUDGET not in base:
        return top
    kept = {key: value for key, value in base.items() if key != BUDGET}
    return {**top, "base": {STEPS: STAND_IN, **kept}}
