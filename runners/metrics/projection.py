"""What a score of real data would be at a run's number of data, from fewer.

Each function takes how features are scored, the features there are, and the number wanted; it
returns the columns, and in words how they were made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from runners.metrics.score import Features, Projected

if TYPE_CHECKING:
    from torch import Tensor

Scoring: TypeAlias = Callable[[Features], dict[str, float]]

SIZES = 5
DRAWS = 16
"""Subsets per size: the mean over fewer is noisier than what the whole pool leaves open."""


def extrapolated(score: Scoring, pool: Features, samples: int) -> Projected:
    """Lay a line in 1/n through the score of the pool, with the slope that its subsets give.

    They are from half of it upwards: the bias of smaller ones is less linear.

    Reference:
        FID-infinity, Chong & Forsyth 2020 (arXiv 1911.07023), evaluated at ``samples``.
    """
    import numpy as np

    whole = score(pool)
    sizes = [round(len(pool) * SIZES / (SIZES + more)) for more in range(SIZES, 0, -1)]
    rows = [_subsets(score, pool, size) for size in sizes]
    away = 1 / np.array(sizes) - 1 / len(pool)

    def at_samples(name: str) -> float:
        rise = away @ [row[name] - whole[name] for row in rows] / (away @ away)
        return float(whole[name] + rise * (1 / samples - 1 / len(pool)))

    said = f"extrapolated from {sizes[0]} to {len(pool)} data to {samples} (linear in 1/n)"
    return {name: at_samples(name) for name in whole}, said


def _subsets(score: Scoring, pool: Features, size: int) -> dict[str, float]:
    """Return the mean score of subsets of one size."""
    from runners.metrics.drawing import subset

    purpose = f"subset of {size}"
    return _mean(score, pool, [subset(len(pool), size, purpose, draw) for draw in range(DRAWS)])


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
