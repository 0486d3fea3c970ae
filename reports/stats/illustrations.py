"""The runs that pictures are shown of: one seed, which is an illustration and no evidence."""

from __future__ import annotations

import numpy as np

from reports.load.columns import Frame
from reports.load.results import Results


def last_grids(results: Results) -> Frame:
    """Return each method's last sample grid, of one seed per cell, with the score it had.

    The seed is the lowest of those that the most methods have.

    Returns:
        One row per cell and method, in order: run_id, cell, method, seed, step, path; protocol
        and score: of the leading score at that step, missing where it was not scored.
    """
    cells = [_one_seed(mine) for _, mine in results.samples.groupby("cell", observed=True)]
    chosen = results.samples.loc[[place for mine in cells for place in mine.index]]
    leading = results.score_columns[:1]
    columns = [score.column for score in leading]
    scores = results.scores[["run_id", "step", "protocol", *columns]]
    scores = scores.drop_duplicates(["run_id", "step"])
    named = scores.rename(columns=dict.fromkeys(columns, "score"))
    return chosen.merge(named, on=["run_id", "step"], how="left")


def _one_seed(samples: Frame) -> Frame:
    methods = samples.groupby("seed")["method"].nunique()
    seed = methods.index[np.argmax(methods.to_numpy())]
    mine = samples[samples["seed"] == seed].sort_values("step", kind="stable")
    return mine.groupby("method", observed=True).tail(1).sort_values("method")


def first_surfaces(results: Results) -> Frame:
    """Return the surface of each method's lowest seed that has one.

    Returns:
        The rows of the surfaces, one per cell and method, in order.
    """
    ordered = results.surfaces.sort_values("seed", kind="stable")
    first = ordered.groupby(["cell", "method"], observed=True).head(1)
    return first.sort_values(["cell", "method"], kind="stable")
