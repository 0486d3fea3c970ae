"""What a score of real data would be at a run's number of data, from fewer.

Each function takes how features are scored, the features there are, and the number wanted; it
returns the columns, and in words how they were made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor

    from runners.metrics.score import Features

Scoring: TypeAlias = "Callable[[Features], dict[str, float]]"
Projected: TypeAlias = tuple[dict[str, float], str]

SIZES = 5
DRAWS = 8
"""Subsets per size: the mean over fewer is noisier than what the whole pool leaves open."""


def extrapolated(score: Scoring, pool: Features, samples: int) -> Projected:
    """Fit a line in 1/n to scores of subsets from half of the pool to all of it.

    Below a half the bias is not linear where features have as many dimensions as there are data.

    Reference:
        FID-infinity, Chong & Forsyth 2020 (arXiv 1911.07023), evaluated at ``samples``.
    """
    import numpy as np

    from runners.metrics.drawing import subset

    whole = len(pool)
    sizes = [round(1 / each) for each in np.linspace(2 / whole, 1 / whole, SIZES)]
    rows = [
        _mean(score, pool, [subset(whole, size, f"subset of {size}", i) for i in range(DRAWS)])
        for size in sizes
    ]
    fits = {
        name: np.polynomial.Polynomial.fit(1 / np.array(sizes), [row[name] for row in rows], 1)
        for name in rows[0]
    }
    said = f"extrapolated from {sizes[0]} to {whole} data to {samples} (linear in 1/n)"
    return {name: float(fit(1 / samples)) for name, fit in fits.items()}, said


def resampled(score: Scoring, pool: Features, samples: int) -> Projected:
    """Average scores of so many data drawn with replacement."""
    from runners.metrics.drawing import copies

    draws = [copies(len(pool), samples, "resampled", draw) for draw in range(DRAWS)]
    return _mean(score, pool, draws), f"resampled from {len(pool)} data to {samples}"


def unbiased(score: Scoring, pool: Features) -> Projected:
    """Score the data there are, as more would change the spread but not the mean."""
    return score(pool), f"unbiased, {len(pool)} data"


def _mean(score: Scoring, pool: Features, draws: list[Tensor]) -> dict[str, float]:
    """Return the means of each column over draws from a pool, given by their indices."""
    rows = [score(pool.take(draw)) for draw in draws]
    return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}
