"""How much worse a score may become before it counts as a regression."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from reports.load.columns import Series
from reports.load.score_columns import Score
from reports.stats.equivalence import MARGIN
from reports.text import number
from runners.errors import UserProblem

FORM = re.compile(r"(?:(?P<name>[^=]+)=)?(?P<size>[0-9]*\.?[0-9]+)(?P<share>%?)")


@dataclass(frozen=True)
class Margin:
    """A difference of no interest.

    Args:
        size: in units of the score, or as a share of the older score.
        relative: whether it is a share.
    """

    size: float = MARGIN
    relative: bool = True

    def of(self, old: np.ndarray) -> float:
        """Return it in units of the score, at the older median; 0 where that is of a diverged run.

        Args:
            old: costs of the older grid's runs, infinite for a diverged one.
        """
        if not self.relative:
            return self.size
        middle = abs(float(np.median(old))) if len(old) else 0.0
        return self.size * middle if math.isfinite(middle) else 0.0

    def added(self, old: Series) -> Series:
        """Return costs with it added to each: of a share, that share of each of them."""
        return old + (self.size * old.abs() if self.relative else self.size)

    def alike(self, new: np.ndarray, old: np.ndarray) -> float:
        """Return the same as what two grids are called alike within; NaN where a run diverged."""
        return self.of(old) if np.isfinite(np.concatenate([new, old])).all() else math.nan

    def __str__(self) -> str:
        return f"{100 * self.size:g}% of the older score" if self.relative else number(self.size)


def margin_asked(text: str | None, score: Score | None) -> Margin:
    """Return the margin that was asked for, as ``10%``, ``0.5`` or either after a score's name.

    Args:
        text: as typed, None for the usual one.
        score: that grids are compared by, None where there is none.

    Raises:
        UserProblem: it is none, or of another score.
    """
    if text is None:
        return Margin()
    read = FORM.fullmatch(text.replace(" ", ""))
    if not read:
        raise UserProblem(f"--margin: {text} is no margin; write 10%, 0.5 or SCORE=10%")
    name = read["name"]
    if name and score and name.lower() not in {score.base, score.column, score.name.lower()}:
        raise UserProblem(
            f"--margin: it is for {name}, and the comparison is by {score.title}; choose another "
            f"score with --metric, or write --margin {score.name}={read['size']}{read['share']}"
        )
    size = float(read["size"])
    return Margin(size / 100, True) if read["share"] else Margin(size, False)
