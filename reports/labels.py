"""Names and directions of scores: the protocol is part of every header, so that none is mixed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from runners.spec import METRICS


@dataclass(frozen=True)
class Score:
    """A column of the scores frame.

    Args:
        column: its name there.
        lower_is_better: the direction.
    """

    column: str
    lower_is_better: bool

    @property
    def title(self) -> str:
        """The name alone, for headings that state the protocol elsewhere."""
        return self.column.upper()

    @property
    def direction(self) -> str:
        """The direction in words."""
        return "lower is better" if self.lower_is_better else "higher is better"

    def axis(self, extractors: Iterable[str]) -> str:
        """Return an axis label such as ``FID (digits-cnn, lower is better)``."""
        return f"{self.title} ({', '.join([*extractors, self.direction])})"

    def header(self, extractor: str) -> str:
        """Return a table header such as ``FID digits-cnn ↓``."""
        return f"{self.title} {extractor} {'↓' if self.lower_is_better else '↑'}"


COVERAGE = ("label_kl", "classes")  # describes samples; ranks no method, as many tie at all classes

# A metric's first column is its score; the others describe it (deviation over splits).
SCORES = tuple(
    Score(metric.columns[0], metric.lower_is_better)
    for metric in reversed(METRICS.values())
    if metric.columns[0] not in COVERAGE
)


@dataclass(frozen=True)
class Failure:
    """A way for a run to fail.

    Args:
        title: in table headers.
        meaning: a sentence with the thresholds in braces.
    """

    title: str
    meaning: str


FAILURES = {
    "non_finite": Failure(
        "non-finite", "a loss or gradient norm stopped being a finite number, which ends the run"
    ),
    "discriminator_at_chance": Failure(
        "D at chance",
        "over the last half, D's loss is within {chance_loss:.0%} of that of the best constant "
        "logit in {throughout:.0%} of the rows, and its median accuracy within "
        "{chance_accuracy:g} of .5",
    ),
    "discriminator_saturated": Failure(
        "D saturated",
        "over the last quarter, D's accuracy exceeds {saturated_accuracy:g} in {throughout:.0%} "
        "of the rows while G's gradient has vanished",
    ),
    "vanishing_generator_gradient": Failure(
        "G gradient vanished",
        "over the last quarter, the norm of G's gradient is below {vanished_share:g} of its early "
        "median or below {vanished_norm:g} in {throughout:.0%} of the rows",
    ),
    "mode_collapse": Failure(
        "mode collapse",
        "at the last score, fewer than {fewest_classes:.0%} of the classes are hit, or the "
        "labels' KL divergence from the real ones exceeds {largest_label_kl:.3g} nats",
    ),
    "degraded": Failure(
        "degraded",
        "the final FID is more than {worse_ratio:g} times the run's best, and worse by more than "
        "{worse_by:g}",
    ),
}
"""Failures a run is judged for, by their names in its outcomes."""


def extractors(protocols: Iterable[str]) -> dict[str, str]:
    """Return the short name of each protocol's extractor, in full where two would look alike."""
    known = list(dict.fromkeys(protocols))
    short = {p: re.sub(r"-[0-9a-f]{8,}$", "", p.split("/")[0]) for p in known}
    alike = len(set(short.values())) < len(known)
    return {p: p if alike else short[p] for p in known}
