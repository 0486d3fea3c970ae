"""What tuning and confirming each method cost."""

from __future__ import annotations

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from runners.store.states import ENDED

COMPUTE_COLUMNS = (
    "method", "dimensions", "trials", "trial_runs", "ended", "trial_seconds",
    "confirmation_runs", "confirmation_seconds", "seconds",
)  # fmt: skip


def compute_spent(results: Results) -> Frame:
    """Return one row per method of a tuned grid.

    Returns:
        method; dimensions: dotted names of what was searched; trials; trial_runs, each once also
        where trials share it, and ended of them; trial_seconds: of their training;
        confirmation_runs, confirmation_seconds: the same of runs that confirm, each once;
        seconds: of both.
    """
    if results.tuning is None:
        return pd.DataFrame(columns=list(COMPUTE_COLUMNS))
    runs = results.distinct
    last = results.timing.groupby("run_id")["seconds"].max()
    spent = runs.assign(seconds=runs["run_id"].map(last).astype(float))
    rows = []
    for label, method in results.tuning.names.items():
        mine = results.trials[results.trials["label"] == label]
        trials, mine = mine["trial"].nunique(), mine.drop_duplicates("run_id")
        confirming = spent[spent["method"] == method]
        searched, confirmed = float(mine["seconds"].sum()), float(confirming["seconds"].sum())
        rows.append((
            method, results.tuning.plan.dimensions.get(label, ()), trials,
            len(mine), int(mine["state"].isin(ENDED).sum()), searched,
            len(confirming), confirmed, searched + confirmed,
        ))  # fmt: skip
    return pd.DataFrame(rows, columns=list(COMPUTE_COLUMNS))
