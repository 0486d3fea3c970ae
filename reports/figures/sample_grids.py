"""Generated data, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread

from reports.figures import panels, style
from reports.figures.drawing import Drawing
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.text import number

MOST_COLUMNS = 3


@style.styled
def sample_grids(results: Results, numbers: Numbers) -> Figure | None:
    """Show the last sample grid of one seed of each method, of one cell."""
    chosen = numbers.last_grids.to_dict("records")
    if not chosen:
        return None
    figure, axes = panels.grid(len(chosen), MOST_COLUMNS, width=3.6, height=3.8)
    for ax, row in zip(axes.flat, chosen, strict=False):
        ax.set_axis_off()
        _show(ax, row["path"])
        ax.set_title(_caption(row, results), fontsize=10)
    panels.title(figure, "Generated data: one seed, last grid drawn", results.cells[0])
    return figure


def read(path: Path) -> np.ndarray | None:
    """Return a picture, (height, width) or with channels, in [0, 1]; None if it is damaged."""
    try:
        return imread(path)
    except (OSError, SyntaxError, ValueError):  # what Pillow raises on a damaged PNG
        return None


def _show(ax: Axes, path: Path) -> None:
    image = read(path)
    if image is None:
        panels.absent(ax, f"{path.name} cannot be read")
        return
    ax.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")


def _caption(row: dict[Any, Any], results: Results) -> str:
    caption = f"{row['method']}\nseed {row['seed']}, step {row['step']}"
    leading = results.score_columns[:1]
    if not leading or not isinstance(row["protocol"], str):  # it was not scored at that step
        return caption
    extractor = results.extractors[row["protocol"]]
    return f"{caption}, {leading[0].title} {extractor} {number(row['score'])}"


SAMPLES = Drawing(
    "samples",
    "Last grids drawn",
    "All methods of a seed draw from the same latents, so panels differ by method alone; one "
    "seed is an illustration, not evidence.",
    sample_grids,
    "No sample grid has been drawn yet.",
    one_cell=True,
    pixels=True,
)
