"""The trials of a search as points: one row each, over their seeds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.load.trials import SETTING
from runners.tuning.select import trial_cost


def trial_costs(results: Results) -> Frame:
    """Return one row per method and trial of which every run has ended.

    Returns:
        method, trial; cost, test_cost: means over seeds of selection's score and of the same
        against test, lower always better, infinite where a run failed; score, test: the same in
        the score's own direction, missing where a run failed; ``setting.<name>``.
    """
    settings = [column for column in results.trials if column.startswith(SETTING)]
    columns = ["method", "trial", "cost", "test_cost", "score", "test", *settings]
    if results.tuning is None:
        return pd.DataFrame(columns=columns)
    sign = results.tuning.sign
    groups = results.trials.groupby(["method", "trial"], observed=True)
    rows = [
        {"method": method, "trial": trial, **_over_seeds(runs, sign), **_first(runs, settings)}
        for (method, trial), runs in groups  # pyright: ignore
        if runs["cost"].notna().all()
    ]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(method=frame["method"].astype(results.trials["method"].dtype))


def _over_seeds(runs: Frame, sign: float) -> dict[str, float]:
    cost = trial_cost(runs["cost"].tolist())
    tested = sign * runs["test"].to_numpy(float)
    test = trial_cost(np.where(np.isnan(tested), math.inf, tested).tolist())
    shown = {"score": sign * cost, "test": sign * test}
    finite = {name: value if math.isfinite(value) else math.nan for name, value in shown.items()}
    return {"cost": cost, "test_cost": test, **finite}


def _first(runs: Frame, settings: list[str]) -> dict[str, Any]:
    """Return the settings, which all seeds of a trial share."""
    return runs.iloc[0][settings].to_dict()
