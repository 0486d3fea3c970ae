"""The interquartile mean of final scores, with a bootstrap interval over seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats as scipy_stats

from reports.load.columns import Frame

MIN_SEEDS = 4  # with fewer, trimming a quarter at each end trims nothing


def iqm(values: Sequence[float] | np.ndarray, axis: int = 0) -> Any:
    """Return the interquartile mean, the mean of the middle half (Agarwal et al. 2021)."""
    return scipy_stats.trim_mean(values, 0.25, axis=axis)


def iqm_interval(
    values: Sequence[float] | np.ndarray, rng: np.random.Generator, resamples: int = 2000
) -> tuple[float, float] | None:
    """Return the 95% percentile-bootstrap interval of the IQM, None below 4 seeds.

    Args:
        values: one finite score per seed.
        rng: the only source of randomness.
        resamples: bootstrap draws.
    """
    if len(values) < MIN_SEEDS:
        return None
    drawn = rng.choice(np.asarray(values, float), (resamples, len(values)))
    low, high = np.quantile(iqm(drawn, axis=1), [0.025, 0.975])
    return float(low), float(high)


def iqm_summary(scores: Frame, rng: np.random.Generator) -> Frame:
    """Return IQM and interval of the final scores, one row per cell, method and score.

    Returns:
        cell, method, metric, n, iqm, iqm_low, iqm_high; the last three missing below four seeds.
    """
    keys = ["cell", "method", "metric"]
    rows = []
    for key, runs in scores.groupby(keys, observed=True, sort=False):  # pyright: ignore
        finals = runs["final"].dropna().to_numpy(float)
        interval = iqm_interval(finals, rng)
        value = float(iqm(finals)) if interval else math.nan
        low, high = interval or (math.nan, math.nan)
        named = dict(zip(keys, key, strict=True))
        rows.append({**named, "n": len(finals), "iqm": value, "iqm_low": low, "iqm_high": high})
    return pd.DataFrame(rows)
