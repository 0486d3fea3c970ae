"""Which methods of two grids can be compared, and whether run by run, as their hashes prove."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

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

    Returns:
        cell, method; apart: why nothing of it is compared, '' where it is; unpaired: why runs of
        one seed are not held against each other, '' where they are.
    """
    score, there = leading(new, old), {*_places(old)}
    rows = [
        {
            "cell": cell,
            "method": method,
            "apart": _apart(new, old, cell, score),
            "unpaired": _unpaired(new, old, cell, method),
        }
        for cell, method in _places(new)
        if (cell, method) in there
    ]
    return pd.DataFrame(rows, columns=["cell", "method", "apart", "unpaired"])


def missing(new: Results, old: Results) -> list[str]:
    """Return the names of what the older grid plans and the newer one does not."""
    there = {*_places(new)}
    return [", ".join(filter(None, one)) for one in _places(old) if one not in there]


def runs_at(results: Results, cell: str, method: str) -> Frame:
    """Return the planned runs of a cell's method."""
    runs = results.runs
    return runs[(runs["cell"] == cell) & (runs["method"] == method)]


def _places(results: Results) -> Iterator[tuple[str, str]]:
    for (cell, method), _ in results.runs.groupby(["cell", "method"], observed=True):
        yield str(cell), str(method)


def _apart(new: Results, old: Results, cell: str, score: Score | None) -> str:
    """Return why scores of a cell must not be compared, '' where they may."""
    if score is None:
        return "no score leads in both"
    protocols = [results.protocol(cell) for results in (new, old)]
    if None in protocols:
        return "no run has been scored yet in one of them"
    if protocols[0] != protocols[1]:
        return f"scored under different protocols, {protocols[0]} and {protocols[1]}"
    return ""


def _unpaired(new: Results, old: Results, cell: str, method: str) -> str:
    if not (new.paired and old.paired):
        return IMPORTED
    mine, theirs = (_ranked(runs_at(one, cell, method)) for one in (new, old))
    seeds = mine.index.intersection(theirs.index)
    if seeds.empty:
        return NO_SEED
    return ", ".join(filter(None, _doubts(mine.loc[seeds], theirs.loc[seeds])))


def _ranked(runs: Frame) -> Frame:
    return runs[runs["state"].isin(RANKED)].set_index("seed")


def _doubts(new: Frame, old: Frame) -> Iterator[str]:
    """Yield what runs of one seed do not share; a run that stopped early saw fewer batches."""
    whole = (new["state"] == State.FINISHED) & (old["state"] == State.FINISHED)
    for name in PROOFS:
        a, b = (one[name][whole] if name in WHOLE_RUN else one[name] for one in (new, old))
        if a.isna().any() or b.isna().any():
            yield f"{SHARED[name]} are not proven the same"
        elif (a != b).any():
            yield f"{SHARED[name]} differ"
