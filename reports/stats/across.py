"""Methods of one grid against the same methods of an older one.

Every (cell, method) that both have is one comparison, by the tests that a page of one grid has. A
regression is more than a difference: the newer scores must be worse than the older ones with the
margin added to each, by the same exact test, so that a sure but small difference is none.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.comparisons import WORSE, pairwise
from reports.stats.margins import Margin
from reports.stats.matches import leading, matches
from reports.stats.power import LEVEL, SIGN_FLIP, Family, declare, smallest_flip_p
from reports.stats.run_scores import run_scores
from reports.stats.spreads import spread

NEW, OLD = "new", "old"
REGRESSION, SAME = "REGRESSION", "identical"
NO_RESULT = "one of them has no run with a result"
SEED = 0  # of simulated repetitions: a second report of the same runs is the same report


def across(new: Results, old: Results, margin: Margin) -> Frame:
    """Return what can be said of each cell and method that two grids have in common.

    Args:
        new, old: both grids, with all their methods.
        margin: within which a difference is of no interest.

    Returns:
        One row per match, in order: the columns of :func:`reports.stats.matches.matches`; of what
        is compared those of :func:`compared`, and n, median, min and max of the final score of
        either side's finished runs as new_median, old_median, ...
    """
    found, score = matches(new, old).rename(index=str), leading(new, old)
    if score is None or (found["apart"] != "").all():
        return found.assign(outcome="")
    sides = {NEW: new, OLD: old}
    scores = pd.concat([_placed(run_scores(sides[s], [score]), s, found) for s in sides])
    told = compared(scores, families(scores, found, chosen_among(new)), margin)
    ends = [_ends(scores, side) for side in sides]
    whole = found.join([*ends, told])
    whole.loc[(whole["apart"] == "") & whole["p_holm"].isna(), "apart"] = NO_RESULT
    return whole.assign(outcome=whole["outcome"].fillna(""))


def chosen_among(new: Results) -> int:
    """Return among how many scores the one compared by was chosen; 1 where the plan fixed it."""
    return len(new.score_columns) if new.columns.first else 1


def _placed(scores: Frame, side: str, found: Frame) -> Frame:
    """Return one side's rows of what is compared: the cell is the match, the method the side."""
    cell = "cell" if side == NEW else "old_cell"
    kept = found[found["apart"] == ""].reset_index(names="place")[["place", cell, "method"]]
    kept = kept.rename(columns={cell: "cell"})
    named = scores.astype({"cell": str, "method": str}).merge(kept, on=["cell", "method"])
    sides = pd.Categorical([side] * len(named), [NEW, OLD], ordered=True)
    return named.assign(cell=named["place"], method=sides)


def _ends(scores: Frame, side: str) -> Frame:
    finals = scores[scores["method"] == side].groupby("cell")["final"]
    return pd.DataFrame({place: spread(values, side) for place, values in finals}).T


def families(scores: Frame, found: Frame, among: int) -> list[Family]:
    """Return what is compared as pairs, and what is not: Holm's correction counts both together.

    Each counts all matches among its tests, so that their false claims add up to one level.

    Args:
        scores: rows as :func:`compared` takes them.
        found: the rows of :func:`reports.stats.matches.matches`, by cell of the scores.
        among: how many scores the metric was chosen among.
    """
    size, metric = int((found["apart"] == "").sum()), scores["metric"].iloc[0]
    declared = []
    for paired in (True, False):
        places = found.index[(found["apart"] == "") & ((found["unpaired"] == "") == paired)]
        mine = scores[scores["cell"].isin(places)]
        if len(mine):
            family = declare(mine, metric, among, paired)
            declared.append(replace(family, cells=tuple(places), size=size))
    return declared


def compared(scores: Frame, declared: list[Family], margin: Margin) -> Frame:
    """Return the comparisons of two sides.

    Args:
        scores: rows of ``run_scores``; the cell is what is compared, the method NEW or OLD.
        declared: the families of all of it.
        margin: within which a difference is of no interest.

    Returns:
        By cell: the columns of :func:`reports.stats.comparisons.pairwise`; test: that carries the
        claims; can_tell: whether so many seeds could show anything;
        p_beyond: after Holm, of the same test against OLD with the margin added; 1 where the newer
        scores lie on the better side of that;
        allowed: the margin at the older median, in units of the score; found: the smallest
        regression that is found in most repetitions;
        outcome: REGRESSION or SAME, else that of ``pairwise``.
    """
    return pd.concat([_of_family(scores, family, margin) for family in declared])


def _of_family(scores: Frame, family: Family, margin: Margin) -> Frame:
    mine = scores[scores["cell"].isin(family.cells)]
    allowed = {cell: margin.of(_costs(mine, cell, OLD)) for cell in family.cells}
    moved = mine["cost"].mask(mine["method"] == OLD, margin.added(mine["cost"]))
    at_zero = pairwise(mine, family, np.random.default_rng(SEED), margin.alike)
    beyond = pairwise(mine.assign(cost=moved), family, np.random.default_rng(SEED), margin.alike)
    regressed = beyond["outcome"] == WORSE
    same = at_zero["cell"].map(lambda cell: _same(mine[mine["cell"] == cell])).astype(bool)
    outcome = at_zero["outcome"].mask(regressed, REGRESSION).mask(same, SAME)
    told = at_zero.assign(
        test=family.test,
        can_tell=[_can_tell(row, family) for row in at_zero.to_dict("records")],
        p_beyond=beyond["p_holm"].where(
            regressed | (beyond["probability_first_better"] < 0.5), 1.0
        ),
        allowed=at_zero["cell"].map(allowed),
        outcome=outcome,
    )
    found = (told["allowed"] + beyond["detectable"]).where(told["can_tell"], math.inf)
    return told.assign(found=found).set_index("cell").drop(columns=["first", "second", "metric"])


def _costs(scores: Frame, cell: object, side: str) -> np.ndarray:
    mine = scores[(scores["cell"] == cell) & (scores["method"] == side)]
    return mine["cost"].dropna().to_numpy(float)


def _can_tell(row: dict[str, int], family: Family) -> bool:
    """Whether any difference could be claimed: of pairs none below what flipping their signs can.

    Pairs that Mann-Whitney compares must also differ by a test within seeds, see ``pairwise``.
    """
    within = smallest_flip_p(row["n_pairs"]) if family.paired else 0.0
    n = row["n_pairs"] if family.test == SIGN_FLIP else min(row["n_first"], row["n_second"])
    return max(within, family.smallest(n) * family.tests) <= LEVEL


def _same(scores: Frame) -> bool:
    """Whether both sides have the same seeds, and of each the same score to the last digit."""
    ranked = scores.dropna(subset="cost")
    new, old = (ranked[ranked["method"] == side].set_index("seed")["cost"] for side in (NEW, OLD))
    return len(new) > 0 and new.to_dict() == old.to_dict()
