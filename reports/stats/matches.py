"""Which methods of two grids can be compared, and whether run by run, as their hashes prove."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from reports.load.changed import Place, settings_at
from reports.load.columns import PROOFS, Frame
from reports.load.results import Results
from reports.load.score_columns import Score
from reports.stats.pairing import WHOLE_RUN
from runners.store.states import State

SHARED = {
    "generator_init": "initial weights of G",
    "discriminator_init": "initial weights of D",
    "batches": "batches of real data",
    "latents": "latents",
}
"""What each hash proves to be the same."""
IMPORTED = "imported runs carry no proof"
NO_SEED = "no seed has a result in both"
RANKED = (State.FINISHED, State.DIVERGED)


def leading(new: Results, old: Results) -> Score | None:
    """Return the score that two grids are compared by: the newer one's first, if both have it."""
    known = {score.column for score in old.score_columns}
    first = next(iter(new.score_columns), None)
    return first if first and first.column in known else None


def matches(new: Results, old: Results) -> Frame:
    """Return one row per cell and method that both grids plan, in the order of the newer one.

    A cell is the older one's of the same name; where that has none, the one with the same settings,
    as names say only what tells the cells of one grid apart.

    Returns:
        cell, method; old_cell: the older grid's; apart: why nothing of it is compared, '' where it
        is; unpaired: why runs of one seed are not held against each other, '' where they are.
    """
    score = leading(new, old)
    rows = [
        {
            "cell": cell,
            "method": method,
            "old_cell": old_cell,
            "apart": _apart(new.protocol(cell), old.protocol(old_cell), score),
            "unpaired": _unpaired(new, old, (cell, method), (old_cell, method)),
        }
        for (cell, method), (old_cell, _) in _twins(new, old)
    ]
    return pd.DataFrame(rows, columns=["cell", "method", "old_cell", "apart", "unpaired"])


def missing(found: Frame, old: Results) -> list[str]:
    """Return the names of what the older grid plans and no match has.

    Args:
        found: the rows of :func:`matches`.
        old: the older grid.
    """
    there = {*zip(found["old_cell"], found["method"], strict=True)}
    return [", ".join(filter(None, place)) for place in _places(old) if place not in there]


def _twins(new: Results, old: Results) -> Iterator[tuple[Place, Place]]:
    known = {place: settings_at(old, place) for place in _places(old)}
    for place in _places(new):
        mine = settings_at(new, place)
        alike = (p for p, its in known.items() if p[1] == place[1] and its == mine)
        twin = place if place in known else next(alike, None)
        if twin:
            yield place, twin


def _places(results: Results) -> list[Place]:
    groups = results.runs.groupby(["cell", "method"], observed=True)
    return [(str(cell), str(method)) for (cell, method), _ in groups]


def _apart(new: str | None, old: str | None, score: Score | None) -> str:
    """Return why scores under two protocols must not be compared, '' where they may."""
    if score is None:
        return "no score leads in both"
    if new is None or old is None:
        return "no run of one of them has been scored yet"
    return "" if new == old else f"scored under different protocols, {new} and {old}"


def _unpaired(new: Results, old: Results, place: Place, twin: Place) -> str:
    if not (new.paired and old.paired):
        return IMPORTED
    mine, theirs = _ranked(new, place), _ranked(old, twin)
    seeds = mine.index.intersection(theirs.index)
    if seeds.empty:
        return NO_SEED
    return ", ".join(_doubts(mine.loc[seeds], theirs.loc[seeds]))


def _ranked(results: Results, place: Place) -> Frame:
    """Return the runs there that have a rank, by seed."""
    runs, (cell, method) = results.runs, place
    mine = runs[(runs["cell"] == cell) & (runs["method"] == method)]
    return mine[mine["state"].isin(RANKED)].set_index("seed")


def _doubts(new: Frame, old: Frame) -> Iterator[str]:
    """Yield what runs of one seed do not share; a run that stopped early saw fewer batches."""
    whole = (new["state"] == State.FINISHED) & (old["state"] == State.FINISHED)
    for name in PROOFS:
        a, b = (one[name][whole] if name in WHOLE_RUN else one[name] for one in (new, old))
        if a.isna().any() or b.isna().any():
            yield f"{SHARED[name]} are not proven the same"
        elif (a != b).any():
            yield f"{SHARED[name]} differ"
