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


# A metric's first column is its score; the others describe it (deviation over splits).
SCORES = tuple(
    Score(metric.columns[0], metric.lower_is_better) for metric in reversed(METRICS.values())
)


def extractors(protocols: Iterable[str]) -> dict[str, str]:
    """Return the short name of each protocol's extractor, in full where two would look alike."""
    known = list(dict.fromkeys(protocols))
    short = {p: re.sub(r"-[0-9a-f]{8,}$", "", p.split("/")[0]) for p in known}
    alike = len(set(short.values())) < len(known)
    return {p: p if alike else short[p] for p in known}
