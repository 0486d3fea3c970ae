"""The runs that pictures are shown of: one seed, which is an illustration and no evidence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reports.load.columns import Frame
from reports.load.results import Results

MOST_STEPS = 6  # of training, that sample grids are shown of
OF_POINTS = "coordinates/"  # how the protocol of points in the plane begins


def last_grids(results: Results) -> Frame:
    """Return each method's last sample grid, of one seed per cell, with the score it had.

    The seed is the lowest of those that the most methods have.

    Returns:
        One row per cell and method, in order: run_id, cell, method, seed, step, path; protocol
        and score: of the leading score at that step, missing where it was not scored.
    """
    chosen = _of_each_cell(results.samples, _last)
    leading = results.score_columns[:1]
    columns = [score.column for score in leading]
    scores = results.scores[["run_id", "step", "protocol", *columns]]
    scores = scores.drop_duplicates(["run_id", "step"])
    named = scores.rename(columns=dict.fromkeys(columns, "score"))
    return chosen.merge(named, on=["run_id", "step"], how="left")


def grids_over_training(results: Results) -> Frame:
    """Return sample grids of images over training, of the seeds whose last grids are shown.

    They are those drawn at up to MOST_STEPS steps, spread evenly over all at which a method of
    the cell drew one, the first and the last among them.

    Returns:
        The rows of the samples, by cell, method and step.
    """
    points = [
        cell for cell in results.cells if (results.protocol(cell) or "").startswith(OF_POINTS)
    ]
    images = results.samples[~results.samples["cell"].isin(points)]
    return _of_each_cell(images, _spread)


def _of_each_cell(samples: Frame, choose: Callable[[Frame], Frame]) -> Frame:
    """Return what is chosen of one seed in each cell: the lowest that the most methods have."""
    kept = [choose(_one_seed(mine)) for _, mine in samples.groupby("cell", observed=True)]
    return samples.loc[[place for mine in kept for place in mine.index]]


def _one_seed(samples: Frame) -> Frame:
    methods = samples.groupby("seed")["method"].nunique()
    seed = methods.index[np.argmax(methods.to_numpy())]
    return samples[samples["seed"] == seed].sort_values(["method", "step"], kind="stable")


def _last(samples: Frame) -> Frame:
    return samples.groupby("method", observed=True).tail(1)


def _spread(samples: Frame) -> Frame:
    steps = np.sort(samples["step"].unique())
    places = np.linspace(0, len(steps) - 1, min(MOST_STEPS, len(steps))).round().astype(int)
    return samples[samples["step"].isin(steps[places])]


def first_surfaces(results: Results) -> Frame:
    """Return the surface of each method's lowest seed that has one.

    Returns:
        The rows of the surfaces, one per cell and method, in order.
    """
    ordered = results.surfaces.sort_values("seed", kind="stable")
    first = ordered.groupby(["cell", "method"], observed=True).head(1)
    return first.sort_values(["cell", "method"], kind="stable")
