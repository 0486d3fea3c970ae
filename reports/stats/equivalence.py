"""Whether two methods are alike: the only ground for saying that they do not differ.

Two one-sided sign-flip tests (TOST, Schuirmann 1987) of the paired differences, one against each
end of a margin. Exact for differences that spread evenly around their middle.
"""

from __future__ import annotations

import math

import numpy as np

from reports.stats.sign_flips import lower_p

MARGIN = 0.2
"""Of the median of both methods' scores: a difference within it is held to be of no interest."""


def margin(x: np.ndarray, y: np.ndarray) -> float:
    """Return the largest difference of no interest, in units of the score.

    Args:
        x, y: costs of both methods, infinite for a diverged run.

    Returns:
        NaN where any run diverged: a method that fails is not called alike.
    """
    costs = np.concatenate([x, y])
    return MARGIN * abs(float(np.median(costs))) if np.isfinite(costs).all() else math.nan


def equivalence_p(differences: np.ndarray, margin: float) -> float:
    """Return the p of the null that the differences lie beyond the margin on either side.

    Args:
        differences: one finite value per shared seed.
        margin: how far from 0 they may lie; where it is NaN, so is p.
    """
    if math.isnan(margin) or not len(differences):
        return math.nan
    return max(lower_p(differences - margin), lower_p(-differences - margin))


def smallest_equivalence_p(n: int) -> float:
    """Return the smallest p of n shared seeds, 1 / 2^n."""
    return 1 / 2**n
