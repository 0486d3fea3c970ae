"""How much a score depends on each searched setting."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy import stats as scipy_stats

from reports.load.columns import Frame, Series
from reports.load.trials import SETTING

SENSITIVITY_COLUMNS = ("method", "setting", "n", "spearman", "noise")


def sensitivity(trials: Frame) -> Frame:
    """Return the rank correlation of score and setting over each method's trials.

    Args:
        trials: the rows of :func:`reports.stats.trial_costs.trial_costs`.

    Returns:
        method, setting, n: trials; spearman: positive where larger values of the setting score
        worse, failed trials worst; missing where either does not vary or the setting is no
        number; noise: the size that chance alone exceeds in one of 20 such numbers.
    """
    rows = []
    for column in (column for column in trials if column.startswith(SETTING)):
        for method, mine in trials.groupby("method", observed=True):
            present = mine[mine[column].notna()]
            if len(present):
                found = rank_correlation(present[column], present["cost"])
                name = column.removeprefix(SETTING)
                rows.append((method, name, len(present), found, chance(len(present))))
    frame = pd.DataFrame(rows, columns=list(SENSITIVITY_COLUMNS))
    return frame.astype({"method": trials["method"].dtype})


def rank_correlation(setting: Series, costs: Series) -> float:
    """Return Spearman's correlation, missing where it is undefined.

    Args:
        setting: numbers, or anything else, which has no order.
        costs: infinite ones rank last, as equals.
    """
    values: Series = pd.to_numeric(setting, errors="coerce")
    if values.isna().any() or values.nunique() < 2 or costs.nunique() < 2:
        return math.nan
    return float(scipy_stats.spearmanr(values, costs.astype(float)).statistic)  # pyright: ignore


def chance(n: int) -> float:
    """Return the correlation of n unrelated pairs that is exceeded in size once in 20 times.

    By Student's t, missing below three pairs.
    """
    if n < 3:
        return math.nan
    t = scipy_stats.t.ppf(0.975, n - 2)
    return float(t / np.sqrt(n - 2 + t**2))
