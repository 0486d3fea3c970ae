"""The exact paired test: every way to flip the signs of the differences over shared seeds.

Where two methods do the same, the difference of a seed is as likely to have the other sign, so the
observed signs are one of 2^n equally likely patterns. The statistic is the sum of signed ranks
(Wilcoxon 1945). A run that diverged on one side makes an infinite difference, which ranks largest
whatever the scores are: failing is worst and still no number. Two diverged runs of one seed tie:
they keep their rank and have no sign (Pratt 1959). All patterns are counted, by convolution, so p
is exact for every n.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.stats import rankdata


def differences(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return x - y of costs; two diverged runs of one seed do not differ."""
    both = np.isinf(x) & np.isinf(y)
    return np.subtract(x, y, out=np.zeros(len(x)), where=~both)


def signed_ranks(differences: np.ndarray) -> np.ndarray:
    """Return the rank of each difference's size with its sign, twice, to be whole with ties."""
    return np.rint(2 * np.sign(differences) * rankdata(np.abs(differences))).astype(int)


def lower_p(differences: np.ndarray) -> float:
    """Return the one-sided p: the share of flips with a sum as low as this, or lower."""
    signed = signed_ranks(differences)
    positive = positive_sums(tuple(sorted(np.abs(signed[signed != 0]).tolist())))
    return float(min(1.0, positive[: signed[signed > 0].sum() + 1].sum()))


def sign_flip_p(differences: np.ndarray) -> float:
    """Return the two-sided p of paired differences.

    Args:
        differences: one per shared seed; infinite where one of the two runs diverged.
    """
    return min(1.0, 2 * min(lower_p(differences), lower_p(-differences)))


@lru_cache(maxsize=256)
def positive_sums(ranks: tuple[int, ...]) -> np.ndarray:
    """Return how likely each sum of the positive ranks is, from 0, over all sign flips."""
    likely = np.ones(1)
    for rank in ranks:
        longer = np.zeros(len(likely) + rank)
        longer[: len(likely)] += likely / 2
        longer[rank:] += likely / 2
        likely = longer
    return likely
