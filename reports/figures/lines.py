"""Lines over training steps: the median over seeds in a band of their range."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from reports.figures import panels, style
from reports.load.results import Results
from reports.stats.over_seeds import Curves


def lines(ax: Axes, curves: Curves, results: Results) -> None:
    """Draw each method's median, with a min-max band where seeds differ.

    Args:
        ax: the panel.
        curves: of one recorded column.
        results: of the grid, for the colours.
    """
    if curves.seeds.empty:
        panels.absent(ax)
        return
    looks = style.looks(results)
    shown = [(m, curves.seeds[curves.seeds["method"] == m]) for m in results.methods]
    for method, seeds in shown:
        if (seeds["low"] < seeds["high"]).any():
            band = {"color": looks[method].colour, "alpha": 0.15, "linewidth": 0}
            ax.fill_between(seeds["step"], seeds["low"], seeds["high"], **band)
    for method, seeds in shown:
        if len(seeds):
            ax.plot(seeds["step"], seeds["median"], **looks[method].line)


def mark_stops(ax: Axes, curves: Curves, results: Results) -> None:
    """Mark the last value of every diverged or crashed run with a cross."""
    colours = style.palette(results)
    for row in curves.stops.to_dict("records"):
        look = {"color": colours[row["method"]], "markersize": 9, "mec": "black"}
        ax.plot(row["step"], row["value"], "X", **look)


def log_if_wide(ax: Axes, curves: Curves) -> None:
    """Make the vertical axis logarithmic where the values span more than a factor of 10."""
    panels.log_if_wide(ax, pd.concat([curves.seeds["low"], curves.seeds["high"]]))


def progress(ax: Axes, curves: Curves, results: Results, log: bool = True) -> None:
    """Draw a recorded column over generator steps, with a cross where runs failed."""
    lines(ax, curves, results)
    mark_stops(ax, curves, results)
    if log:
        log_if_wide(ax, curves)
    ax.set_xlabel("generator steps")
