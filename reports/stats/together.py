"""Grids held against the first of them, each with all that is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from reports.load.changed import changed
from reports.load.columns import Frame
from reports.load.several import Grid
from reports.stats.across import NO_RESULT, REGRESSION, across, chosen_among
from reports.stats.margins import Margin, margin_asked
from reports.stats.matches import leading, missing


@dataclass(frozen=True)
class Told:
    """One grid held against an older one.

    Args:
        new, old: both.
        margin: within which a difference is of no interest.
        rows: of :func:`reports.stats.across.across`, of the methods that were asked for.
        tests: how many comparisons Holm's correction counts; scores: by how many scores each.
        gone: what the older grid plans and the newer one does not.
        changes: the settings they differ in, of :func:`reports.load.changed.changed`.
    """

    new: Grid
    old: Grid
    margin: Margin
    rows: Frame = field(repr=False)
    tests: int
    scores: int
    gone: tuple[str, ...]
    changes: Frame = field(repr=False)

    @property
    def regressed(self) -> bool:
        """Whether anything became worse by more than the margin."""
        return bool((self.rows["outcome"] == REGRESSION).any())


def together(
    grids: Sequence[Grid], margin: str | None = None, methods: Sequence[str] | None = None
) -> list[Told]:
    """Return what can be said of every grid but the first, against the first.

    Args:
        grids: with all their methods.
        margin: as it was asked for.
        methods: those to speak of; Holm's correction counts all.

    Raises:
        UserProblem: the margin is none, or of a score that they are not compared by.
    """
    old, *others = grids
    return [_told(new, old, margin, methods) for new in others]


def _told(new: Grid, old: Grid, margin: str | None, methods: Sequence[str] | None) -> Told:
    asked = margin_asked(margin, leading(new.results, old.results))
    rows = across(new.results, old.results, asked)
    tests = int(rows["apart"].isin(["", NO_RESULT]).sum())
    gone = tuple(missing(rows, old.results))
    if methods:
        rows = rows[rows["method"].isin(list(methods))]
    places = [
        ((row["cell"], row["method"]), (row["old_cell"], row["method"]))
        for row in rows.to_dict("records")
    ]
    changes = changed(new.results, old.results, places)
    return Told(new, old, asked, rows, tests, chosen_among(new.results), gone, changes)
