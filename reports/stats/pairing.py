"""The proof that methods were compared on equal terms, from the hashes each run recorded."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from reports.load.columns import PROOFS, Frame
from reports.load.differences import UNDECLARED, Difference
from runners.store.states import State

IDENTICAL, DIFFERENT, NOTHING = "identical", "DIFFERENT", "-"
WHOLE_RUN = ("batches", "latents")  # digests over all steps: a run that stopped early has others


def pairing(runs: Frame) -> Frame:
    """Return for each cell and seed whether all methods had the same start, data and latents.

    Initial weights are compared over all runs that recorded them; batches and latents over
    finished runs only.

    Returns:
        cell, seed, n_started, n_finished, and a verdict for each hash.
    """
    rows = [
        {
            "cell": cell,
            "seed": seed,
            "n_started": int(mine["generator_init"].notna().sum()),
            "n_finished": int((mine["state"] == State.FINISHED).sum()),
            **{name: _verdict(mine, name) for name in PROOFS},
        }
        for (cell, seed), mine in runs.groupby(["cell", "seed"], observed=True)
    ]
    return pd.DataFrame(rows, columns=["cell", "seed", "n_started", "n_finished", *PROOFS])


def _verdict(runs: Frame, name: str) -> str:
    compared = runs[runs["state"] == State.FINISHED] if name in WHOLE_RUN else runs
    hashes = compared[name].dropna()
    if len(hashes) < 2:
        return NOTHING
    return IDENTICAL if hashes.nunique() == 1 else DIFFERENT


def violations(proof: Frame) -> list[str]:
    """Return a sentence for every comparison that is not paired."""
    return [
        f"{row['cell'] + ', ' if row['cell'] else ''}seed {row['seed']}: {name} differs between "
        "methods; their scores must not be compared as a pair."
        for row in proof.to_dict("records")
        for name in PROOFS
        if row[name] == DIFFERENT
    ]


def undeclared(differences: Iterable[Difference]) -> list[str]:
    """Return a sentence for every field that changes along with the method or the seed."""
    return [
        f"{difference.field} changes along with the method or the seed, so what it does cannot "
        "be told apart from what they do."
        for difference in differences
        if difference.role == UNDECLARED
    ]
