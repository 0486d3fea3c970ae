"""The family of tests of a page, declared before any score is seen, and what it could show."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from reports.load.columns import Frame
from reports.load.tuning import UNPROVEN
from runners.tuning import plan

LEVEL = 0.05
SIGN_FLIP, MANN_WHITNEY = "sign-flip", "Mann-Whitney"
TUNED, DEFAULT = plan.TUNED, plan.DEFAULT
OF_A_TUNED_GRID: dict[tuple[str, ...], str] = {
    (DEFAULT, TUNED): TUNED,
    (DEFAULT, UNPROVEN): DEFAULT,
}
"""The cells of a grid whose methods were tuned -> the one that claims are made of."""


def smallest_flip_p(n: int) -> float:
    """Return the smallest two-sided p of the sign-flip test of n shared seeds, 2 / 2^n."""
    return min(1.0, 2 / 2**n)


def smallest_mann_whitney_p(n: int) -> float:
    """Return the smallest two-sided exact Mann-Whitney p of n against n runs, 2 / C(2n, n)."""
    return 2 / math.comb(2 * n, n) if n else 1.0


def seeds_needed(
    size: int, smallest: Callable[[int], float] = smallest_mann_whitney_p, level: float = LEVEL
) -> int:
    """Return the fewest seeds with which Holm over ``size`` comparisons can reject one."""
    n = 1
    while smallest(n) * size > level:
        n += 1
    return n


@dataclass(frozen=True)
class Family:
    """The comparisons that one page makes claims of, all under one Holm correction.

    Args:
        metric: the column of the score that is claimed of, None where none was recorded.
        cells: in which.
        size: pairs of planned methods in these cells, whether they have results yet or not.
        n: planned seeds that the methods of every pair share; where nothing is paired, the fewest
            planned runs of a method.
        scores: how many the metric was chosen among when the report was made; 1 where the plan
            fixed it.
        paired: whether runs of one seed may be held against each other.
        shown: how many of the pairs the page shows, None for all.
    """

    metric: str | None
    cells: tuple[str, ...]
    size: int
    n: int
    scores: int = 1
    paired: bool = True
    shown: int | None = None

    @property
    def tests(self) -> int:
        """What Holm's correction counts: every pair, by every score that could have been chosen."""
        return self.size * self.scores

    @property
    def pairs_shown(self) -> int:
        """How many pairs of the family the page speaks of."""
        return self.size if self.shown is None else self.shown

    @property
    def test(self) -> str:
        """The test that carries the claims: the paired one where it could reject at all.

        The plan decides, neither a score nor how many of them one could have chosen. Of two
        methods with fewer than six seeds none can: Mann-Whitney needs that dealing each seed's
        scores anew tells methods apart, which for two is flipping signs, and so few seeds have too
        few of them.
        """
        if not self.paired:
            return MANN_WHITNEY
        reaches = smallest_flip_p(self.n) * self.size <= LEVEL
        return SIGN_FLIP if reaches or self._two_with_few_seeds else MANN_WHITNEY

    @property
    def _two_with_few_seeds(self) -> bool:
        return (
            self.paired
            and self.n > 0
            and self.size == len(self.cells)
            and smallest_flip_p(self.n) > LEVEL
        )

    @property
    def seeds_needed(self) -> int:
        """The fewest seeds with which any difference could be claimed."""
        flips = seeds_needed(1, smallest_flip_p) if self._two_with_few_seeds else 1
        return max(flips, seeds_needed(self.tests))

    @property
    def smallest(self) -> Callable[[int], float]:
        """The smallest p of that test, by the number of seeds."""
        return smallest_flip_p if self.test == SIGN_FLIP else smallest_mann_whitney_p

    def holds(self, cell: str, metric: str) -> bool:
        """Whether the pairs of a cell and score are of the family."""
        return metric == self.metric and cell in self.cells


def declare(runs: Frame, metric: str | None, scores: int = 1, paired: bool = True) -> Family:
    """Return the family of a grid: all pairs of its methods, by one score.

    Args:
        runs: the planned runs.
        metric: the first score that methods are ranked by.
        scores: how many it was chosen among.
        paired: whether runs of one seed may be held against each other.
    """
    cells = tuple(map(str, runs["cell"].unique()))
    cells = (OF_A_TUNED_GRID[cells],) if cells in OF_A_TUNED_GRID else cells
    both = set.intersection if paired else lambda *seeds: min(seeds, key=len)
    shared = [len(both(a, b)) for cell in cells for a, b in combinations(_seeds(runs, cell), 2)]
    return Family(metric, cells, len(shared), min(shared, default=0), scores, paired)


def _seeds(runs: Frame, cell: str) -> list[set[int]]:
    """Return the planned seeds of each method of a cell."""
    mine = runs[runs["cell"] == cell]
    return [set(seeds) for _, seeds in mine.groupby("method", observed=True)["seed"]]


@dataclass(frozen=True)
class Power:
    """What the runs at hand could show at best, whatever their scores.

    Args:
        n: seeds with a result, in the pair of the family with the fewest; 0 where one has none.
        smallest_p: of the test that carries the claims, with so many.
        smallest_holm: times the tests of the family.
    """

    n: int
    smallest_p: float
    smallest_holm: float

    @property
    def can_reject(self) -> bool:
        """Whether any difference of that pair could be significant."""
        return self.smallest_holm <= LEVEL


def power(family: Family, pairs: Frame) -> Power:
    """Return what the runs at hand could show at best.

    Args:
        family: of the page.
        pairs: the rows of ``pairwise``.
    """
    mine = pairs[pairs["claimed"]]
    counts = ["n_pairs"] if family.test == SIGN_FLIP else ["n_first", "n_second"]
    whole = 0 < family.size == len(mine)
    n = int(np.min(mine[counts].to_numpy())) if whole else 0
    smallest = family.smallest(n)
    return Power(n, smallest, min(1.0, smallest * family.tests))
