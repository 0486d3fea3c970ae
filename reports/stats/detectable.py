"""The smallest difference that so many seeds would find in most repetitions.

Simulated, for scores that are normal with the spread that was observed. The spread is itself known
from n seeds only: the experiments drawn have the spreads that are plausible given it, so that a
difference of the size stated is found with POWER in a repetition on as many fresh seeds. A plug-in
of the observed spread promises .80 and keeps .71 at six seeds (simulated).

Either test rejects once enough of certain quantities are positive: the means of two differences
(Walsh averages) for signed ranks, the differences of all pairs of runs for Mann-Whitney. All of
them move with a shift, so the shift at which a drawn experiment begins to reject is one of its
order statistics, and nothing is searched.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import norm

from reports.stats.mann_whitney import EXACT, improvements
from reports.stats.power import LEVEL, SIGN_FLIP, Family
from reports.stats.sign_flips import positive_sums

POWER = 0.8
LEAST_SEEDS = 3  # a spread from two seeds says next to nothing
DRAWS, LEAST_DRAWS, QUANTITIES = 2000, 500, 1_000_000


def detectable(
    x: np.ndarray, y: np.ndarray, differences: np.ndarray, family: Family, rng: np.random.Generator
) -> float:
    """Return the smallest difference of a pair that is found with POWER.

    The level is that of Holm's first step over the whole family: where other pairs are found
    too, smaller differences are.

    Args:
        x, y: costs of both methods.
        differences: x - y over shared seeds.
        family: decides test and level.
        rng: the only source of randomness.

    Returns:
        In units of the score; infinite where no difference is large enough to be found, NaN where
        a run diverged or there are fewer than three seeds to know a spread from.
    """
    paired = family.test == SIGN_FLIP
    groups = [differences] if paired else [x, y]
    if min(map(len, groups)) < LEAST_SEEDS or not np.isfinite(np.concatenate([x, y])).all():
        return math.nan
    level = LEVEL / max(family.tests, 1)
    if sum(map(len, groups)) > (EXACT // 2 if paired else EXACT):
        return _of_many(groups, level)
    needed = critical_count([len(group) for group in groups], level)
    if needed is None:
        return math.inf
    draws = int(np.clip(QUANTITIES // math.prod(map(len, (x, y))), LEAST_DRAWS, DRAWS))
    drawn = _fresh(groups, draws, rng)
    moved = _walsh(*drawn) if paired else _all_pairs(*drawn)
    shifts = np.partition(moved, needed - 1, axis=1)[:, needed - 1]
    return float(np.quantile(shifts, POWER))


def _of_many(groups: list[np.ndarray], level: float) -> float:
    """Return the smallest difference by the normal limit of the count of positive quantities.

    The spread of so many runs is known. Reference: Noether 1987, sample sizes of rank tests.
    """
    far = norm.isf(level / 2) + norm.isf(1 - POWER)
    sizes = [len(group) for group in groups]
    if len(groups) == 1:
        share, unit = 0.5 + far / math.sqrt(3 * sizes[0]), math.sqrt(0.5)
    else:
        share = 0.5 + far * math.sqrt((sum(sizes) + 1) / (12 * math.prod(sizes)))
        unit = math.sqrt(2)
    return unit * _spread(groups) * float(norm.ppf(min(share, 1.0)))


def critical_count(sizes: list[int], level: float) -> int | None:
    """Return how many quantities must be positive for a two-sided p within the level.

    Args:
        sizes: the number of shared seeds, or of the runs of either method.
        level: of this one comparison.

    Returns:
        None where even all of them are not enough.
    """
    tails = np.cumsum(_counts(*sizes)[::-1])[::-1]
    enough = np.flatnonzero(2 * tails <= level)
    return int(enough[0]) if len(enough) else None


def _counts(n: int, other: int | None = None) -> np.ndarray:
    """Return how likely each count of positive quantities is where nothing differs."""
    if other is None:
        return positive_sums(tuple(range(1, n + 1)))
    return improvements(n, other)


def _fresh(groups: list[np.ndarray], draws: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return repetitions of each group around 0, (draws, seeds), each of a plausible spread.

    Two groups share theirs, the mean of both variances: this keeps POWER also where one spreads
    three times as far as the other (.79 to .81, simulated), a spread for each does not (.86).
    """
    freedom = sum(len(group) - 1 for group in groups)
    spread = _spread(groups) * np.sqrt(freedom / rng.chisquare(freedom, (draws, 1)))
    return [spread * rng.standard_normal((draws, len(group))) for group in groups]


def _spread(groups: list[np.ndarray]) -> float:
    """Return the standard deviation that groups share, around their own means."""
    freedom = sum(len(group) - 1 for group in groups)
    squares = sum((len(group) - 1) * group.var(ddof=1) for group in groups)
    return math.sqrt(squares / freedom)


def _walsh(drawn: np.ndarray) -> np.ndarray:
    first, second = np.triu_indices(drawn.shape[1])
    return (drawn[:, first] + drawn[:, second]) / 2


def _all_pairs(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x[:, :, None] - y[:, None, :]).reshape(len(x), -1)
