"""Defaults and winners side by side, and what selection flattered."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.load.tuning import Tuning
from runners.tuning.plan import DEFAULT
from runners.tuning.select import trial_cost


def tuned_comparison(results: Results, confirmed: Frame) -> Frame:
    """Return one row per method of a tuned grid.

    Args:
        results: of the grid.
        confirmed: the rows of :func:`reports.stats.confirmation.confirmation`.

    Returns:
        method; trial: the winner's, missing while there is none; settings: its own;
        default_*, tuned_*: n runs with a result of n_planned, and median, min and max of their
        final scores against test, failed runs worst and infinite;
        improvement_*: default - tuned with positive better, over n seeds that both finished;
        selected: the winner's validation score at selection; validated: its mean over finished
        confirmation runs; optimism: selected - validated.
    """
    tuning = results.tuning
    if tuning is None:
        return pd.DataFrame(columns=["method"])
    rows = [
        {
            "method": method,
            **_winner(tuning, label),
            **_cell(confirmed, method, DEFAULT, "default", tuning.sign),
            **_cell(confirmed, method, tuning.winners_cell, "tuned", tuning.sign),
            **_improvement(confirmed, method, tuning),
            **_optimism(results, confirmed, label, tuning),
        }
        for label, method in tuning.names.items()
    ]
    return pd.DataFrame(rows)


def _winner(tuning: Tuning, label: str) -> dict[str, Any]:
    trial = tuning.plan.winners.get(label)
    point = tuning.point(label, trial)
    return {"trial": trial, "settings": point.settings if point else {}}


def _of(confirmed: Frame, method: str, cell: str) -> Frame:
    return confirmed[(confirmed["method"] == method) & (confirmed["cell"] == cell)]


def _cell(confirmed: Frame, method: str, cell: str, name: str, sign: float) -> dict[str, Any]:
    mine = _of(confirmed, method, cell)
    return {f"{name}_n_planned": len(mine), **_range(mine["cost"], name, sign)}


def _range(costs: Frame, name: str, sign: float) -> dict[str, float]:
    """Return n, median, and the smallest and largest; of failed runs there is only infinity."""
    present = costs.dropna()
    n = len(present)
    best, middle, worst = (present.min(), present.median(), present.max()) if n else (math.nan,) * 3
    low, high = sorted((sign * best, sign * worst)) if n else (math.nan,) * 2
    return {
        f"{name}_n": n,
        f"{name}_median": sign * middle,
        f"{name}_min": low,
        f"{name}_max": high,
    }


def _improvement(confirmed: Frame, method: str, tuning: Tuning) -> dict[str, float]:
    first, second = (
        _of(confirmed, method, cell).set_index("seed")["test"]
        for cell in (DEFAULT, tuning.winners_cell)
    )
    gained = (tuning.sign * (first - second)).astype(float)
    return _range(gained, "improvement", 1.0)


def _optimism(results: Results, confirmed: Frame, label: str, tuning: Tuning) -> dict[str, float]:
    winner = tuning.plan.winners.get(label)
    trials = results.trials
    runs = trials[(trials["label"] == label) & (trials["trial"] == winner)]
    selected = tuning.sign * trial_cost(runs["cost"]) if len(runs) else math.nan
    mine = _of(confirmed, tuning.names[label], tuning.winners_cell)
    validated = mine["validation"].mean()
    return {"selected": selected, "validated": validated, "optimism": selected - validated}
