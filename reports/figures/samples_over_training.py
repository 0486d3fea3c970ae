"""Generated images while training goes on: a corner of each method's sample grids."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.figures import panels, style
from reports.figures.drawing import Drawing
from reports.figures.sample_grids import read
from reports.load.results import Results
from reports.stats.numbers import Numbers

SHOWN = 3 / 8  # of a grid of eight images a side: three of them
GAP = 0.06  # between corners, over the side of one
PANEL = 1.3  # inches


@style.styled
def samples_over_training(results: Results, numbers: Numbers) -> Figure | None:
    """Show one row per method and one column per step, of one cell."""
    rows = numbers.grids_over_training.to_dict("records")
    if not rows:
        return None
    steps = sorted({row["step"] for row in rows})
    drawn = {row["method"] for row in rows}
    methods = [method for method in results.methods if method in drawn]
    figure, axes = panels.panels(1, 1, PANEL * len(steps) + 1.6, PANEL * len(methods))
    ax = axes[0, 0]
    for row in rows:
        _show(ax, row, steps.index(row["step"]), methods.index(row["method"]))
    _name(ax, [f"step {step}" for step in steps], methods)
    words = f"Generated data over training: seed {rows[0]['seed']}"
    panels.title(figure, words, results.cells[0])
    return figure


def _show(ax: Axes, row: dict[Any, Any], column: int, place: int) -> None:
    """Draw the corner of a grid into the unit square at a column and a row."""
    picture = read(row["path"])
    if picture is None:
        ax.text(column, place, "cannot\nbe read", ha="center", va="center", color="0.4")
        return
    height, width = (round(SHOWN * side) for side in picture.shape[:2])
    reach = (1 - GAP) / 2
    extent = (column - reach, column + reach, place + reach, place - reach)
    corner = picture[:height, :width]
    ax.imshow(corner, cmap="gray", vmin=0, vmax=1, interpolation="nearest", extent=extent)


def _name(ax: Axes, columns: list[str], rows: list[str]) -> None:
    ax.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5), aspect="equal")
    ax.set_xticks(np.arange(len(columns)), columns)
    ax.set_yticks(np.arange(len(rows)), rows)
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)


SAMPLES_OVER_TRAINING = Drawing(
    "samples-over-training",
    "Samples over training",
    "The first nine images of each grid, from the same latents at every step; at most six of the "
    "steps at which grids were drawn. One seed is an illustration, not evidence.",
    samples_over_training,
    "",  # where no grid has been drawn yet, the figure of the last ones says so
    one_cell=True,
    pixels=True,
)
