"""Panels of a figure: their layout, scales, titles and the legend below them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from reports.figures import style
from reports.load.columns import Series
from reports.load.results import Results

T = TypeVar("T")
FEW_DECADES = 300.0  # up to this ratio ticks at 1, 2 and 5 do not crowd
LEGEND_ROWS, LEGEND_ROW = 3, 0.22  # that a figure has room for, and the height of one, in inches
SEED_STEP = 0.13  # between the points of neighbouring seeds, in rows


def facets(
    results: Results, columns: Sequence[T], width: float = 4.6, height: float = 3.4
) -> tuple[Figure, Iterator[tuple[Axes, str, T]]]:
    """Return a figure with one row per cell, one column per entry, and its panels."""
    cells = results.cells
    figure, axes = panels(len(cells), len(columns), width, height)
    places = [(c, column) for c in cells for column in columns]
    return figure, ((ax, *place) for ax, place in zip(axes.flat, places, strict=True))


def panels(
    rows: int, columns: int, width: float = 4.6, height: float = 3.4, sharey: bool = False
) -> tuple[Figure, np.ndarray]:
    """Return a figure and its axes, with the size of one panel in inches."""
    size = (max(6.4, width * columns), height * rows + 0.9)
    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, sharey=sharey)


def grid(
    count: int, most: int, width: float, height: float, sharey: bool = False
) -> tuple[Figure, np.ndarray]:
    """Return a figure with so many panels, at most ``most`` beside each other, and its axes."""
    columns = min(most, count)
    figure, axes = panels(math.ceil(count / columns), columns, width, height, sharey)
    for ax in axes.flat[count:]:
        ax.set_axis_off()
    return figure, axes


def offsets(count: int, place: int) -> list[float]:
    """Return heights of the points of ``count`` seeds around row ``place``."""
    step = min(SEED_STEP, 0.6 / max(count, 1))
    return [place + step * (i - (count - 1) / 2) for i in range(count)]


def name_rows(ax: Axes, labels: Sequence[str]) -> None:
    """Make rows 0, 1, ... of a panel methods, the first at the top."""
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    ax.margins(x=0.08)


def is_leftmost(ax: Axes) -> bool:
    """Whether a panel is the first of its row, where rows that panels share are named."""
    place = ax.get_subplotspec()
    return place is None or place.is_first_col()


def absent(ax: Axes, text: str = "nothing recorded") -> None:
    """Say in an empty panel that it is empty."""
    ax.text(0.5, 0.5, text, ha="center", va="center", transform=ax.transAxes, color="0.4")
    ax.set_xticks([])
    ax.set_yticks([])


def spans_decades(values: Series) -> bool:
    """Whether a log axis suits: all values positive, over more than a factor of 10."""
    present = values.dropna()
    return bool(len(present) and present.min() > 0 and present.max() > 10 * present.min())


def log_if_wide(ax: Axes, values: Series, axis: str = "y") -> None:
    """Make an axis logarithmic where the values span more than a factor of 10."""
    if spans_decades(values):
        logarithmic(ax, values, axis)


def logarithmic(ax: Axes, values: Series, axis: str = "y") -> None:
    """Make an axis of positive values logarithmic, with plain numbers at its ticks."""
    ax.set(**{f"{axis}scale": "log"})
    ticks = ax.yaxis if axis == "y" else ax.xaxis
    few_decades = values.max() < FEW_DECADES * values.min()
    ticks.set_major_locator(LogLocator(subs=(1, 2, 5) if few_decades else (1,)))
    ticks.set_major_formatter("{x:g}")
    ticks.set_minor_formatter(NullFormatter())


def legend(
    figure: Figure,
    results: Results,
    extra: Sequence[Line2D] = (),
    points: bool = False,
    drawn: Collection[str] | None = None,
) -> None:
    """Put one legend of the methods below all panels, outside them; a long one adds its height.

    Args:
        figure: that has all panels.
        results: of the grid.
        extra: entries after those of the methods.
        points: methods are points in it, not lines.
        drawn: the methods that the figure shows; None for all that are planned.
    """
    planned = results.runs["method"].unique() if drawn is None else drawn
    shown = [m for m in results.methods if m in planned or results.runs.empty]
    looks = style.looks(results)
    known = {m: looks[m].points if points else looks[m].key for m in shown}
    handles = [*(Line2D([], [], label=m, **known[m]) for m in shown), *extra]
    longest = max(len(str(handle.get_label())) for handle in handles)
    fit = int(figure.get_figwidth() * 12 / (longest + 6))
    columns = max(1, min(len(handles), fit))
    more = max(0, math.ceil(len(handles) / columns) - LEGEND_ROWS)
    figure.set_figheight(figure.get_figheight() + LEGEND_ROW * more)
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False)


def title(figure: Figure, text: str, cell: str = "") -> None:
    """Say above all panels what a figure shows, and of which cell if it shows one."""
    figure.suptitle(f"{text}\n{cell}" if cell else text, fontsize=12.5, fontweight="bold")


def panel_title(ax: Axes, text: str, cell: str) -> None:
    """Title a panel, with its cell where it has a name."""
    ax.set_title(f"{text}\n{cell}" if text and cell else text or cell)
