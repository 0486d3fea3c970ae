"""D over the plane, for data that are points in it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reports.figures import style
from reports.frame import Results

MOST_COLUMNS = 3
LEVELS = 16
MOST_POINTS = 1000  # of each kind; more hide the surface below them
POINTS: dict[str, dict[str, Any]] = {
    "real": {"color": "0.45", "label": "real data"},
    "generated": {"color": "#c8321e", "label": "generated data"},
}


@style.styled
def surfaces(results: Results) -> Figure | None:
    """Draw D's logit and both kinds of data for one run of each method, of one cell."""
    shown = results.surfaces.sort_values("seed").groupby("method", observed=True).head(1)
    if shown.empty:
        return None
    rows = shown.sort_values("method").to_dict("records")
    columns = min(MOST_COLUMNS, len(rows))
    figure, axes = style.panels(math.ceil(len(rows) / columns), columns, width=4.1, height=3.7)
    for ax in axes.flat[len(rows) :]:
        ax.set_axis_off()
    for ax, row in zip(axes.flat, rows, strict=False):
        _surface(ax, row["path"])
        ax.set_title(f"{row['method']}\nseed {row['seed']}, step {row['step']}", fontsize=10)
    style.title(figure, "D's logit over the plane: one seed", results.cells[0])
    keys = [Line2D([], [], linestyle="none", marker="o", **point) for point in POINTS.values()]
    figure.legend(handles=keys, loc="outside lower center", ncols=2, frameon=False)
    return figure


def _surface(ax: Axes, path: Path) -> None:
    try:
        with np.load(path) as arrays:
            drawn = {name: arrays[name] for name in ("values", "ticks", "generated", "real")}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        style.absent(ax, f"{path.name} cannot be read")
        return
    ticks, values = drawn["ticks"], drawn["values"]
    if not np.isfinite(values).all():
        style.absent(ax, "D is not finite")
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
