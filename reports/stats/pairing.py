"""The proof that methods were compared on equal terms, from the hashes each run recorded."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pandas as pd

from reports.load.columns import PROOFS, Frame
from reports.load.differences import BUDGETED, CHOSEN, RECIPE, UNDECLARED, Difference
from reports.load.settings import is_of
from runners.store.states import State

IDENTICAL, DIFFERENT, NOTHING = "identical", "DIFFERENT", "-"
APART = "differ by"
WHOLE_RUN = ("batches", "latents")  # digests over all steps: a run that stopped early has others
SETTING = "spec."
DECIDES = {
    "generator_init": ("model",),
    "discriminator_init": ("model",),
    "batches": ("n_dis", "batch_size", "steps"),
    "latents": ("n_dis", "batch_size", "model.latent", "model.z", "steps"),
}
"""The settings that decide each hash; where a method has its own, it may differ by them."""


def pairing(runs: Frame, chosen: Collection[str] = ()) -> Frame:
    """Return for each cell and seed whether all methods had the same start, data and latents.

    Initial weights are compared over all runs that recorded them; batches and latents over
    finished runs only. Where tuning or a recipe chose a setting that decides one of them, it is
    compared between the methods for which it chose the same.

    Args:
        runs: one row per planned run.
        chosen: dotted names of the settings that tuning or a recipe chose for each method.

    Returns:
        cell, seed, n_started, n_finished, and a verdict for each hash.
    """
    rows = [
        {
            "cell": cell,
            "seed": seed,
            "n_started": int(mine["generator_init"].notna().sum()),
            "n_finished": int((mine["state"] == State.FINISHED).sum()),
            **{name: _verdict(mine, name, chosen) for name in PROOFS},
        }
        for (cell, seed), mine in runs.groupby(["cell", "seed"], observed=True)
    ]
    return pd.DataFrame(rows, columns=["cell", "seed", "n_started", "n_finished", *PROOFS])


def _verdict(runs: Frame, name: str, chosen: Collection[str]) -> str:
    compared = runs[runs["state"] == State.FINISHED] if name in WHOLE_RUN else runs
    compared = compared[compared[name].notna()]
    if len(compared) < 2:
        return NOTHING
    if compared[name].nunique() == 1:
        return IDENTICAL
    columns = _deciding(compared, DECIDES[name], chosen)
    alike = columns and (compared.groupby(columns, dropna=False)[name].nunique() == 1).all()
    fields = [column.removeprefix(SETTING) for column in columns]
    return f"{APART} {' and '.join(fields)}" if alike else DIFFERENT


def _deciding(runs: Frame, deciding: Collection[str], chosen: Collection[str]) -> list[str]:
    """Return the columns of chosen settings that decide a hash and differ between the runs."""
    varied = [
        (column, column.removeprefix(SETTING))
        for column in runs.columns
        if column.startswith(SETTING) and runs[column].nunique(dropna=False) > 1
    ]
    return [column for column, f in varied if is_of(f, deciding) and is_of(f, chosen)]


NO_PROOF = (
    "These runs were imported and carry no hashes: that methods of a seed share initial weights, "
    "batches and latents is not proven, and no score of one is held against another as a pair."
)


def violations(proof: Frame, paired: bool = True) -> list[str]:
    """Return a sentence for every comparison that is not paired.

    Args:
        proof: the rows of :func:`pairing`.
        paired: whether runs of one seed may be held against each other at all.
    """
    if not paired:
        return [NO_PROOF]
    return [
        f"{row['cell'] + ', ' if row['cell'] else ''}seed {row['seed']}: {name} differs between "
        "methods; their scores must not be compared as a pair."
        for row in proof.to_dict("records")
        for name in PROOFS
        if row[name] == DIFFERENT
    ]


def declared(differences: Iterable[Difference]) -> list[str]:
    """Return the fields that may differ by method: what tuning, recipes or a budget set."""
    return [one.field for one in differences if one.role in (CHOSEN, RECIPE, BUDGETED)]


def in_recipes(differences: Iterable[Difference]) -> list[str]:
    """Return the fields that methods set for themselves; of another component only its kind."""
    fields = [difference.field for difference in differences if difference.role == RECIPE]
    kinds = [field.removesuffix(".name") for field in fields if field.endswith(".name")]
    return kinds + [field for field in fields if field.rpartition(".")[0] not in kinds]


def undeclared(differences: Iterable[Difference]) -> list[str]:
    """Return a sentence for every field that changes along with the method or the seed."""
    return [
        f"{difference.field} changes along with the method or the seed, so what it does cannot "
        "be told apart from what they do."
        for difference in differences
        if difference.role == UNDECLARED
    ]
