"""The score that winners were chosen by, in the runs that confirm them."""

from __future__ import annotations

import math

import pandas as pd

from reports.load.columns import KEYS, Frame
from reports.load.results import Results
from reports.load.tuning import Tuning
from runners.store.states import ENDED, State

CONFIRMATION_COLUMNS = (*KEYS, "state", "test", "validation", "cost")


def claimed_column(results: Results) -> str:
    """Return the column that a tuned grid's claims are about: against test, where it is stored."""
    tuning = results.tuning
    if tuning is None:
        return ""
    return tuning.test if tuning.test in results.scores else tuning.base


def claimed_split(results: Results) -> str:
    """Return the split that a tuned grid's claims are about, '' for the training images."""
    tested = results.tuning is not None and results.tuning.test in results.scores
    return "test" if tested else ""


def confirmation(results: Results) -> Frame:
    """Return one row per confirmation run and cell.

    Returns:
        run_id, cell, method, seed, state; test, validation: the final scores of a finished run;
        cost: test with lower always better, infinite for a failed run, missing where there is no
        result yet.
    """
    tuning = results.tuning
    if tuning is None:
        return pd.DataFrame(columns=list(CONFIRMATION_COLUMNS))
    runs = results.runs[[*KEYS, "state"]].reset_index(drop=True)
    trained = results.scores[results.scores["step"] > 0].sort_values("step", kind="stable")
    final = trained.drop_duplicates("run_id", keep="last").set_index("run_id")
    found = {"test": claimed_column(results), "validation": tuning.plan.select.column}
    for name, column in found.items():
        known = final[column].to_dict() if column in final else {}
        values = runs["run_id"].map(known).astype(float)
        runs[name] = values.where(runs["state"] == State.FINISHED)
    return runs.assign(cost=_cost(runs, tuning))


def _cost(runs: Frame, tuning: Tuning) -> Frame:
    failed = runs["state"].isin(ENDED) & runs["test"].isna()
    return (tuning.sign * runs["test"]).mask(failed, math.inf)
