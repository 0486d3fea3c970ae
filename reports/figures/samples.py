"""Generated data, side by side."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread

from reports.columns import Frame
from reports.figures import style
from reports.frame import Results
from reports.tables.text import number


@style.styled
def grids(results: Results) -> Figure | None:
    """Show the last sample grid of one seed of each method, of one cell."""
    chosen = _one_seed(results.samples)
    if chosen.empty:
        return None
    columns = min(3, len(chosen))
    figure, axes = style.panels(math.ceil(len(chosen) / columns), columns, width=3.6, height=3.8)
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, row in zip(axes.flat, chosen.to_dict("records"), strict=False):
        _show(ax, row["path"])
        ax.set_title(_caption(row, results), fontsize=10)
    style.title(figure, "Generated data: one seed, last grid drawn", results.cells[0])
    return figure


def _one_seed(samples: Frame) -> Frame:
    """Return each method's last grid of the lowest seed that the most methods have."""
    if samples.empty:
        return samples
    methods = samples.groupby("seed")["method"].nunique()
    seed = methods.index[np.argmax(methods.to_numpy())]
    mine = samples[samples["seed"] == seed].sort_values("step")
    return mine.groupby("method", observed=True).tail(1).sort_values("method")


def _show(ax: Axes, path: Path) -> None:
    try:
        image = imread(path)
    except (OSError, SyntaxError, ValueError):  # what Pillow raises on a damaged PNG
        style.absent(ax, f"{path.name} cannot be read")
        return
    ax.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")


def _caption(row: dict[Any, Any], results: Results) -> str:
    caption = f"{row['method']}\nseed {row['seed']}, step {row['step']}"
    scores = results.scores
    same = scores[(scores["run_id"] == row["run_id"]) & (scores["step"] == row["step"])]
    if same.empty or not (scores := results.score_columns):
        return caption
    leading, extractor = scores[0], results.extractors[same["protocol"].iloc[0]]
    return f"{caption}, {leading.title} {extractor} {number(same[leading.column].iloc[0])}"
