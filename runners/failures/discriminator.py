"""A discriminator that knows nothing, one that is always right, and a generator left without slope.

Values of a loss are never compared across losses, only with that loss's own value for a
discriminator that knows nothing.
"""

from __future__ import annotations

import numpy as np

from runners.failures.evidence import THROUGHOUT, Evidence, Failure, both, numbers, throughout
from runners.losses import LOSSES
from runners.store.states import State

CHANCE_ACCURACY = 0.02
"""Farthest from .5 of the median accuracy at chance. A row of 50 steps of 2 x 64 images has a
standard error of .006; trained discriminators stay beyond .6."""

CHANCE_LOSS = 0.01
"""Farthest from the best constant logit's loss at chance, relative to that loss. With accuracy
alone, an oscillating discriminator would look like one at chance."""

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


def discriminator_at_chance(run: Evidence) -> bool | None:
    """Say whether D does no better than a constant over the last half of the run.

    Its loss stays within CHANCE_LOSS of the best constant's, and where the sign of a logit is
    the decision, the median accuracy is within CHANCE_ACCURACY of .5. Both are needed: tiny
    logits keep the loss at 2 ln 2 however often they are right. None for a loss without a value
    at chance, as a Wasserstein critic's, whose zero and scale mean nothing.
    """
    loss = LOSSES.get(run.loss)
    if loss is None or loss.chance is None or run.length is None:
        return None
    chance = loss.chance
    near = throughout(
        abs(value - chance) <= CHANCE_LOSS * chance for value in run.late("loss_d", 0.5)
    )
    if not loss.zero_decides:
        return near
    accuracies = run.late("accuracy_d", 0.5)
    middle = abs(np.median(accuracies) - 0.5) <= CHANCE_ACCURACY if accuracies else None
    return both(near, None if middle is None else bool(middle))


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
    f"over the last half, D's loss is within {CHANCE_LOSS:.0%} of that of the best constant logit "
    f"in {THROUGHOUT:.0%} of the rows, and its median accuracy within {CHANCE_ACCURACY:g} of .5",
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
