"""Where the middle of a method's runs lies, diverged runs worst, and how well that is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats as scipy_stats

from reports.load.columns import Frame
from reports.load.score_columns import Score

MIN_SEEDS = 4  # with fewer, trimming a quarter at each end trims nothing
CONFIDENCE = 0.95


def iqm(values: Sequence[float] | np.ndarray) -> float:
    """Return the interquartile mean, the mean of the middle half (Agarwal et al. 2021).

    Args:
        values: one per seed, infinite for a diverged run.

    Returns:
        Infinite where a diverged run is in the middle half; NaN below four seeds.
    """
    if len(values) < MIN_SEEDS:
        return math.nan
    return float(scipy_stats.trim_mean(values, 0.25))


def median_interval(values: Sequence[float] | np.ndarray) -> tuple[float, float]:
    """Return the exact 95% interval of the median, between two of the values themselves.

    It holds for scores of any distribution. Simulated coverage at six and ten seeds is .97 and
    .98, for normal, lognormal and t3 scores alike; the percentile bootstrap of the interquartile
    mean covers .89 at six, Yuen's interval .92 for lognormal ones.

    Args:
        values: one per seed, infinite for a diverged run.

    Returns:
        NaN below six seeds, of which even the lowest and highest are not wide enough.

    Reference:
        Thompson 1936, On confidence ranges for the median.
    """
    if not len(values):
        return math.nan, math.nan
    asked = scipy_stats.quantile_test(np.asarray(values, float), p=0.5)
    low, high = asked.confidence_interval(CONFIDENCE)
    return float(low), float(high)


def middles(scores: Frame, by_name: dict[str, Score]) -> Frame:
    """Return where the middle of the final scores lies, one row per cell, method and score.

    Args:
        scores: the rows of ``run_scores``.
        by_name: what is known of each score.

    Returns:
        cell, method, metric; n_ranked: runs that finished or diverged; median_low and
        median_high: of the interval of ``ranked_median``; iqm. All with diverged runs worst.
    """
    keys = ["cell", "method", "metric"]
    rows = [
        dict(zip(keys, key, strict=True)) | _middle(mine["cost"].dropna(), by_name[key[-1]].sign)
        for key, mine in scores.groupby(keys, observed=True, sort=False)  # pyright: ignore
    ]
    columns = [*keys, "n_ranked", "median_low", "median_high", "iqm"]
    return pd.DataFrame(rows, columns=columns)


def _middle(costs: Any, sign: float) -> dict[str, float]:
    low, high = sorted(sign * end for end in median_interval(costs))
    return {
        "n_ranked": len(costs),
        "median_low": low,
        "median_high": high,
        "iqm": sign * iqm(costs),
    }
