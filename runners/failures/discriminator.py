"""A discriminator that knows nothing, one that is always right, and a generator left without slope.

Values of a loss are never compared with anything: constraints and losses give logits different
scales, and tiny logits keep a loss at its value at chance however often they are right.
"""

from __future__ import annotations

import numpy as np

from runners.failures.evidence import THROUGHOUT, Evidence, Failure, both, numbers, throughout
from runners.losses import LOSSES
from runners.separation import gap_by_chance
from runners.store.states import State

CHANCE_GAPS = 1.25
"""Of the mean |AUC - 1/2| that logits without knowledge give by chance. Over the last half of 1,000
steps its standard error is 3%; the least that is not at chance is an AUC of .54 in every batch of
64. Weight clipping at c = .01 on digits, its loss within 1% of chance, gives 4 to 7 times it."""

SATURATED_ACCURACY = 0.99
"""A discriminator more often right than this leaves almost no image to learn from."""

VANISHED_SHARE = 1e-3
"""Of the early median: constraints change the scale of gradients by tens, not by a thousand."""

VANISHED_NORM = 1e-6
"""Over the 10^5 or more parameters of a generator this is a mean size below 3e-9, under Adam's
epsilon of 1e-8, so that even Adam's steps vanish."""


def non_finite(run: Evidence) -> bool | None:
    """Say whether a loss or gradient norm stopped being finite, which ends a run."""
    return {State.DIVERGED: True, State.FINISHED: False}.get(run.status.state)


def largest_chance_gap(batch_size: int) -> float:
    """Return the largest mean |AUC - 1/2| that is at chance, for logits of ``batch_size``."""
    return CHANCE_GAPS * gap_by_chance(batch_size)


def discriminator_at_chance(run: Evidence) -> bool | None:
    """Say whether D tells real from generated no better than by chance over the last half.

    It is judged by the distance of every batch's AUC from 1/2, which knows no scale and is right
    for every loss; averaged after taking it, so that a discriminator that oscillates is none at
    chance. None for older rows that lack it.
    """
    gaps = run.late("auc_gap", 0.5)
    if run.length is None or run.batch_size is None or not gaps:
        return None
    return bool(np.mean(gaps) <= largest_chance_gap(run.batch_size))


def discriminator_saturated(run: Evidence) -> bool | None:
    """Say whether D is right throughout the last quarter and G's gradient has vanished.

    A D that is always right still teaches if its slope reaches G, so accuracy alone is no
    failure. None for losses under which the sign of a logit is not the decision.
    """
    loss = LOSSES.get(run.loss)
    if loss is None or not loss.zero_decides or run.length is None:
        return None
    right = throughout(value > SATURATED_ACCURACY for value in run.late("accuracy_d", 0.75))
    return both(right, vanishing_generator_gradient(run))


def vanishing_generator_gradient(run: Evidence) -> bool | None:
    """Say whether G's gradient norm is negligible throughout the last quarter of the run.

    Negligible is below VANISHED_NORM, or below VANISHED_SHARE of the median over the first
    tenth (the first row where that holds none). The run's own start is the scale, as losses and
    constraints give gradients different ones; without a start before the last quarter, only
    VANISHED_NORM can say anything, and only yes.
    """
    if run.length is None:
        return None
    begun = [row for row in run.metrics if row["step"] <= 0.75 * run.length]
    first = [row for row in begun if row["step"] <= 0.1 * run.length] or begun[:1]
    early = numbers(first, "grad_norm_g")
    floor = max(VANISHED_NORM, VANISHED_SHARE * float(np.median(early)) if early else 0.0)
    vanished = throughout(value < floor for value in run.late("grad_norm_g", 0.75))
    return None if vanished is False and not early else vanished


NON_FINITE = Failure(
    "non-finite",
    "a loss or gradient norm stopped being a finite number, which ends the run",
    non_finite,
)
AT_CHANCE = Failure(
    "D at chance",
    "over the last half, the mean over batches of |AUC - 1/2|, AUC the probability that D's logit "
    f"of a real image is above that of a generated one, is at most {CHANCE_GAPS:g} times what "
    "logits without knowledge give by chance in batches of that size",
    discriminator_at_chance,
)
SATURATED = Failure(
    "D saturated",
    f"over the last quarter, D's accuracy exceeds {SATURATED_ACCURACY:g} in {THROUGHOUT:.0%} of "
    "the rows while G's gradient has vanished",
    discriminator_saturated,
)
VANISHED = Failure(
    "G gradient vanished",
    f"over the last quarter, the norm of G's gradient is below {VANISHED_SHARE:g} of its early "
    f"median or below {VANISHED_NORM:g} in {THROUGHOUT:.0%} of the rows",
    vanishing_generator_gradient,
)
