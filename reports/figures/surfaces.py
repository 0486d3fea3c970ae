"""D over the plane, for data that are points in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reports.figures import panels, style
from reports.figures.drawing import Drawing
from reports.load.results import Results
from reports.stats.numbers import Numbers

MOST_COLUMNS = 3
LEVELS = 16
MOST_POINTS = 1000  # of each kind; more hide the surface below them
POINTS: dict[str, dict[str, Any]] = {
    "real": {"color": "0.45", "label": "real data"},
    "generated": {"color": "#c8321e", "label": "generated data"},
}


@style.styled
def surfaces(results: Results, numbers: Numbers) -> Figure | None:
    """Draw D's logit and both kinds of data for one run of each method, of one cell."""
    rows = numbers.first_surfaces.to_dict("records")
    if not rows:
        return None
    figure, axes = panels.grid(len(rows), MOST_COLUMNS, width=4.1, height=3.7)
    for ax, row in zip(axes.flat, rows, strict=False):
        _surface(ax, row["path"])
        ax.set_title(f"{row['method']}\nseed {row['seed']}, step {row['step']}", fontsize=10)
    panels.title(figure, "D's logit over the plane: one seed", results.cells[0])
    keys = [Line2D([], [], linestyle="none", marker="o", **point) for point in POINTS.values()]
    figure.legend(handles=keys, loc="outside lower center", ncols=2, frameon=False)
    return figure


def _surface(ax: Axes, path: Path) -> None:
    try:
        with np.load(path) as arrays:
            drawn = {name: arrays[name] for name in ("values", "ticks", "generated", "real")}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        panels.absent(ax, f"{path.name} cannot be read")
        return
    ticks, values = drawn["ticks"], drawn["values"]
    if not np.isfinite(values).all():
        panels.absent(ax, "D is not finite")
        return
    heat = ax.contourf(ticks, ticks, values, LEVELS, cmap="YlGnBu", alpha=0.75)
    for kind, point in POINTS.items():
        ax.plot(*drawn[kind][:MOST_POINTS].T, ".", markersize=2, color=point["color"])
    _frame(ax, float(ticks[0]), float(ticks[-1]))
    if ax.figure is not None:
        ax.figure.colorbar(heat, ax=ax, shrink=0.8, format="{x:.3g}")


def _frame(ax: Axes, low: float, high: float) -> None:
    ax.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    ax.grid(visible=False)


SURFACES = Drawing(
    "surfaces",
    "D over the plane",
    "The logit of the trained discriminator, each on a scale of its own, with real and "
    "generated data on top; one seed is an illustration, not evidence.",
    surfaces,
    "",  # of images there is none, and nothing to say
    one_cell=True,
    pixels=True,
)
