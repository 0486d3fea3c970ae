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
        return TITLES.get(self.column, self.column.upper())

    @property
    def total(self) -> str:
        """The column of how many there are, where the score is a count."""
        return f"{self.column}_total"

    @property
    def direction(self) -> str:
        """The direction in words."""
        return "lower is better" if self.lower_is_better else "higher is better"

    def axis(self, extractors: Iterable[str]) -> str:
        """Return an axis label such as ``FID (digits-cnn, lower is better)``, long ones broken."""
        protocol = f"({', '.join([*extractors, self.direction])})"
        separator = " " if len(self.title) + len(protocol) < LONG_LABEL else "\n"
        return f"{self.title}{separator}{protocol}"

    def header(self, extractor: str) -> str:
        """Return a table header such as ``FID digits-cnn ↓``."""
        return f"{self.title} {extractor} {'↓' if self.lower_is_better else '↑'}"


LONG_LABEL = 38  # characters that fit beside a panel

TITLES = {
    "precision": "precision",
    "modes": "modes hit",
    "classes": "classes hit",
    "label_kl": "label KL in nats",
    "recall": "recall",
    "high_quality": "share within 3 std of a mode",
}
"""Names of columns that are no acronyms."""

DESCRIPTIONS = {
    "label_kl": Score("label_kl", lower_is_better=True),
    "classes": Score("classes", lower_is_better=False),
    "recall": Score("recall", lower_is_better=False),
    "high_quality": Score("high_quality", lower_is_better=False),
}
"""Columns that describe samples and rank no method; many methods tie at all classes."""

# A metric's first column is its score; the others describe it (deviation over splits).
SCORES = tuple(
    Score(metric.columns[0], metric.lower_is_better)
    for metric in sorted(METRICS.values(), key=lambda metric: not metric.lower_is_better)
    if metric.columns[0] not in DESCRIPTIONS
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


def samples_scored(protocol: str) -> int:
    """Return the number of generated (or held-out) data that a protocol states."""
    stated = re.search(r"/gen-([0-9]+)", protocol)
    return int(stated[1]) if stated else 0


def same_reference(protocol: str, other: str) -> bool:
    """Whether two protocols differ at most in how many data were scored."""
    return protocol.split("/gen-")[0] == other.split("/gen-")[0]


def extractors(protocols: Iterable[str]) -> dict[str, str]:
    """Return the short name of each protocol's extractor, in full where two would look alike."""
    known = list(dict.fromkeys(protocols))
    short = {p: re.sub(r"-[0-9a-f]{8,}$", "", p.split("/")[0]) for p in known}
    alike = len(set(short.values())) < len(known)
    return {p: p if alike else short[p] for p in known}
