"""How a run went, from its stored rows: failures by type, degradation, gradient health.

Pure functions. A failure is True or False, or None where the rows cannot tell: the run has not
ended, a column is absent, or the loss gives the question no meaning. Values of a loss are never
compared across losses, only with that loss's own value for a discriminator that knows nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from runners.store import DIVERGED, FINISHED

Row: TypeAlias = Mapping[str, Any]

THROUGHOUT = 0.95
"""Share of rows that is "throughout": a row or two may be an accident of its batches."""

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

FEWEST_CLASSES = 0.5
"""Share of the classes: a generator that hits fewer has lost most of the data."""

LARGEST_LABEL_KL = math.log(2)
"""In nats: what even sampling of one half of equally frequent classes gives."""

WORSE_RATIO, WORSE_BY = 2.0, 1.0
"""Degraded is above twice the best FID and worse by more than 1, about what the FID of two
samples of one distribution comes to at 64 dimensions and 1,000 images: below it, a doubling
may be sampling alone."""

CHANCE_LOSSES = {"nonsaturating": 2 * math.log(2), "hinge": 2.0, "least_squares": 0.25}
"""The discriminator's loss (both terms) at the best constant logit. A Wasserstein critic has
none: its loss is 0 for every constant, and its scale is arbitrary."""

ZERO_DECIDES = ("nonsaturating", "hinge")
"""Losses under which the sign of a logit is the decision that ``accuracy_d`` counts. Least
squares decides at 1/2; a Wasserstein critic may add any constant."""

LOWER_IS_BETTER = {"fid": True, "is": False}


def outcomes(
    spec: Row,
    status: Row,
    metrics: Sequence[Row],
    scores: Sequence[Row],
    diagnostics: Sequence[Row],
) -> dict[str, Any]:
    """Return all outcomes of a run as plain JSON data.

    Args:
        spec: the resolved spec.
        status: state, and the step the run ended at.
        metrics, scores, diagnostics: rows of the store, by ascending step.

    Returns:
        thresholds; failures by type; collapse_step; observed_until, the last step anything is
        known of; fid and is, of :func:`progress`; fid_area; grad_norm_d and _g, of :func:`tail`.
    """
    ended = status["state"] in (FINISHED, DIVERGED)
    finished, length = status["state"] == FINISHED, status.get("step") if ended else None
    courses = {name: progress(scores, name, finished) for name in LOWER_IS_BETTER}
    failures = {
        "non_finite": non_finite(status),
        **_training_failures(spec["loss"], metrics, length),
        "mode_collapse": mode_collapse(scores) if ended else None,
        "degraded": degraded(courses["fid"]),
    }
    reached = [row["step"] for rows in (metrics, scores, diagnostics) for row in rows[-1:]]
    return {
        "thresholds": thresholds(),
        "failures": failures,
        "collapse_step": collapse_step(scores) if ended else None,
        "observed_until": max(reached, default=0) if length is None else length,
        **courses,
        "fid_area": area_under_fid(scores) if finished else None,
        "grad_norm_d": tail(metrics, "grad_norm_d"),
        "grad_norm_g": tail(metrics, "grad_norm_g"),
    }


def _training_failures(
    loss: str, metrics: Sequence[Row], length: int | None
) -> dict[str, bool | None]:
    return {
        "discriminator_at_chance": discriminator_at_chance(loss, metrics, length),
        "discriminator_saturated": discriminator_saturated(loss, metrics, length),
        "vanishing_generator_gradient": vanishing_generator_gradient(metrics, length),
    }


def thresholds() -> dict[str, float]:
    """Return what the failures were judged by."""
    return {
        "throughout": THROUGHOUT,
        "chance_accuracy": CHANCE_ACCURACY,
        "chance_loss": CHANCE_LOSS,
        "saturated_accuracy": SATURATED_ACCURACY,
        "vanished_share": VANISHED_SHARE,
        "vanished_norm": VANISHED_NORM,
        "fewest_classes": FEWEST_CLASSES,
        "largest_label_kl": LARGEST_LABEL_KL,
        "worse_ratio": WORSE_RATIO,
        "worse_by": WORSE_BY,
    }


def non_finite(status: Row) -> bool | None:
    """Say whether a loss or gradient norm stopped being finite, which ends a run."""
    return {DIVERGED: True, FINISHED: False}.get(status["state"])


def discriminator_at_chance(loss: str, metrics: Sequence[Row], length: int | None) -> bool | None:
    """Say whether D does no better than a constant over the last half of the run.

    Its loss stays within CHANCE_LOSS of the best constant's, and where the sign of a logit is
    the decision, the median accuracy is within CHANCE_ACCURACY of .5. Both are needed: tiny
    logits keep the loss at 2 ln 2 however often they are right. None for a Wasserstein critic,
    whose zero and scale mean nothing.
    """
    chance = CHANCE_LOSSES.get(loss)
    if chance is None or length is None:
        return None
    losses = _values(metrics, "loss_d", length / 2)
    near = _throughout(abs(value - chance) <= CHANCE_LOSS * chance for value in losses)
    if loss not in ZERO_DECIDES:
        return near
    accuracies = _values(metrics, "accuracy_d", length / 2)
    middle = abs(np.median(accuracies) - 0.5) <= CHANCE_ACCURACY if accuracies else None
    return _both(near, None if middle is None else bool(middle))


def discriminator_saturated(loss: str, metrics: Sequence[Row], length: int | None) -> bool | None:
    """Say whether D is right throughout the last quarter and G's gradient has vanished.

    A D that is always right still teaches if its slope reaches G, so accuracy alone is no
    failure. None for losses under which the sign of a logit is not the decision.
    """
    if loss not in ZERO_DECIDES or length is None:
        return None
    accuracies = _values(metrics, "accuracy_d", 0.75 * length)
    right = _throughout(value > SATURATED_ACCURACY for value in accuracies)
    return _both(right, vanishing_generator_gradient(metrics, length))


def vanishing_generator_gradient(metrics: Sequence[Row], length: int | None) -> bool | None:
    """Say whether G's gradient norm is negligible throughout the last quarter of the run.

    Negligible is below VANISHED_NORM, or below VANISHED_SHARE of the median over the first
    tenth (the first row where that holds none). The run's own start is the scale, as losses and
    constraints give gradients different ones; without a start before the last quarter, only
    VANISHED_NORM can say anything, and only yes.
    """
    if length is None:
        return None
    late = _values(metrics, "grad_norm_g", 0.75 * length)
    begun = [row for row in metrics if row["step"] <= 0.75 * length]
    first = [row for row in begun if row["step"] <= 0.1 * length] or begun[:1]
    early = _values(first, "grad_norm_g")
    floor = max(VANISHED_NORM, VANISHED_SHARE * float(np.median(early)) if early else 0.0)
    vanished = _throughout(value < floor for value in late)
    return None if vanished is False and not early else vanished


def mode_collapse(scores: Sequence[Row]) -> bool | None:
    """Say whether the last score saw few classes hit, or labels far from the real ones.

    Fewer than FEWEST_CLASSES of the classes, or a label_kl above LARGEST_LABEL_KL; either is
    enough. None where coverage was not measured, or only before training.
    """
    last = (_trained(scores) or [{}])[-1]
    classes, total, uneven = (last.get(key) for key in ("classes", "classes_total", "label_kl"))
    few = None if classes is None or not total else classes < FEWEST_CLASSES * total
    far = None if uneven is None else uneven > LARGEST_LABEL_KL
    if few or far:
        return True
    return None if few is None or far is None else False


def progress(scores: Sequence[Row], name: str, finished: bool) -> dict[str, Any]:
    """Return where a score began, was best and ended.

    Args:
        name: ``fid`` or ``is``.
        finished: whether the last score is the run's final one.

    Returns:
        initial: of the untrained generator.
        best, best_step: over all trained steps scored.
        final: of a finished run.
        gap: how much worse final is than best, never negative.
        ratio: the worse of final and best over the better, at least 1; None unless positive.
    """
    trained = _trained(scores)
    sign = 1 if LOWER_IS_BETTER[name] else -1
    known = [row for row in trained if row.get(name) is not None]
    top = min(known, key=lambda row: sign * row[name], default={})
    final, best = trained[-1].get(name) if finished and trained else None, top.get(name)
    both = [] if final is None else [best, final]
    return {
        "initial": next((row.get(name) for row in scores if row["step"] == 0), None),
        "best": best,
        "best_step": top.get("step"),
        "final": final,
        "gap": sign * (both[1] - both[0]) if both else None,
        "ratio": max(both) / min(both) if both and min(both) > 0 else None,
    }


def degraded(fid: Row) -> bool | None:
    """Say whether the final FID is clearly worse than the best one, from :func:`progress`."""
    return None if fid["final"] is None else _is_worse(fid["final"], fid["best"])


def collapse_step(scores: Sequence[Row]) -> int | None:
    """Return the first scored step from which FID stays clearly above the best so far.

    It stays so until the last score; None if that is not so. Scores that are not numbers are
    passed over. In a finished run it is a step exactly where :func:`degraded` is True.
    """
    best, since = math.inf, None
    for row in _trained(scores):
        if row.get("fid") is None:
            continue
        best = min(best, row["fid"])
        worse = _is_worse(row["fid"], best)
        since = (row["step"] if since is None else since) if worse else None
    return since


def area_under_fid(scores: Sequence[Row]) -> float | None:
    """Return the mean FID over training: trapezoids between scores, over the steps they span.

    Without step 0: the untrained generator's FID is that of every method of a seed, and so
    large that it would hide what follows. None below two trained scores or if any is missing.
    """
    points = [(row["step"], row.get("fid")) for row in _trained(scores)]
    if len(points) < 2 or any(fid is None for _, fid in points):
        return None
    steps, fids = zip(*points, strict=True)
    return float(np.trapezoid(fids, steps) / (steps[-1] - steps[0]))


def tail(metrics: Sequence[Row], name: str) -> dict[str, float | None]:
    """Return the median of a gradient norm over training and its 99th percentile over that."""
    values = _values(metrics, name)
    middle = float(np.median(values)) if values else None
    spread = float(np.quantile(values, 0.99)) / middle if middle else None
    return {"median": middle, "p99_over_median": spread}


def _is_worse(fid: float, best: float) -> bool:
    return fid > WORSE_RATIO * best and fid - best > WORSE_BY


def _trained(scores: Sequence[Row]) -> list[Row]:
    return [row for row in scores if row["step"] > 0]


def _values(rows: Sequence[Row], name: str, after: float = 0) -> list[float]:
    """Return a column's numbers in the rows beyond a step."""
    found = (row.get(name) for row in rows if row["step"] > after)
    return [value for value in found if value is not None]


def _throughout(holds: Iterable[bool]) -> bool | None:
    each = list(holds)
    return sum(each) >= THROUGHOUT * len(each) if each else None


def _both(a: bool | None, b: bool | None) -> bool | None:
    if a is False or b is False:
        return False
    return None if a is None or b is None else True
