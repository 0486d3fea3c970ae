"""A figure as a column of a paper prints it: 3.3 inches wide, text of 8 points, thin lines.

Figures are drawn for the page, then laid out anew: panels stand in as many columns as have room,
labels that neighbours shared are given to each, long ones are broken, and the title, which a
caption says, is gone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.textpath import TextPath
from matplotlib.ticker import FixedLocator, LogLocator

from reports.figures.style import styled

WIDTH, POINTS = 3.3, 8.0
LINE = 1.35 * POINTS / 72  # inches
BAR = 5  # lines that a bar of shades takes below panels, with its numbers and label
THIN = 0.55  # of the page's lines and points
NARROW = 4.0  # inches on the page: two panels up to this wide fit beside each other
LEAST, MOST = 1.35, 2.4  # inches of a panel's height
BESIDE = 0.75  # inches that labels take beside a panel, before it is laid out


@styled
def in_column(figure: Figure, cell: str) -> Figure:
    """Lay a figure out as a column of a paper.

    Args:
        figure: drawn for the page; it is changed.
        cell: that it shows, which is all that is left of its title; '' for none.

    Returns:
        The same figure.
    """
    axes = _panels(figure)
    columns, height = _columns(figure, axes), _height(figure, axes)
    rows = math.ceil(len(axes) / columns)
    _share_names(axes, columns)
    places = GridSpec(rows, columns, figure)
    for place, ax in enumerate(axes):
        ax.set_subplotspec(places[place // columns, place % columns])
    _thin(figure)
    labels = {ax: (ax.get_title(), ax.get_xlabel(), ax.get_ylabel()) for ax in axes}
    for ax in axes:
        _break_columns(ax, WIDTH / columns - BESIDE)
        _break_labels(ax, labels[ax], WIDTH / columns - BESIDE, height - 0.45)
    _break_outer_labels(figure)
    below = sum(_below(figure, legend) for legend in list(figure.legends))
    figure.suptitle(cell).set_in_layout(bool(cell))
    below += BAR * sum(bool(ax.get_xlabel()) for ax in figure.axes if _spec(ax) is None)
    figure.set_size_inches(WIDTH, rows * height + LINE * (below + bool(cell)))
    for text in figure.findobj(Text):
        text.set_fontsize(POINTS)  # pyright: ignore
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.03)  # pyright: ignore
    for _ in range(2):  # labels in fewer or more lines move the panels a little
        figure.draw_without_rendering()
        for ax in axes:
            box = ax.get_window_extent().transformed(figure.dpi_scale_trans.inverted())
            _break_labels(ax, labels[ax], box.width, box.height)
            _thin_out(ax, box.width)
    return figure


def _panels(figure: Figure) -> list[Axes]:
    """Return the panels, without the places of the page's grid that have none."""
    axes = [ax for ax in figure.axes if ax.get_subplotspec() is not None]
    empty = [ax for ax in axes if not ax.axison and not ax.has_data()]
    for ax in empty:
        ax.remove()
    return [ax for ax in axes if ax not in empty]


def _columns(figure: Figure, axes: Sequence[Axes]) -> int:
    """Return how many panels stand beside each other."""
    on_page = _spec(axes[0]).get_gridspec().ncols
    narrow = figure.get_figwidth() / on_page <= NARROW
    return 2 if on_page > 1 and (narrow or len(axes) > 3) else 1


def _height(figure: Figure, axes: Sequence[Axes]) -> float:
    """Return the height of a row of panels: the page's proportions, and room for named rows."""
    grid = _spec(axes[0]).get_gridspec()
    columns = _columns(figure, axes)
    shape = figure.get_figheight() / grid.nrows * grid.ncols / figure.get_figwidth()
    lines = sum(1.2 + text.count("\n") for text in _row_names(axes[0]))
    return max(min(max(WIDTH / columns * shape, LEAST), MOST), lines * LINE + 0.4)


def _spec(ax: Axes) -> Any:
    return ax.get_subplotspec()


def _row_names(ax: Axes) -> list[str]:
    """Return what the rows of a panel are called, nothing where its axis has numbers."""
    return _names(ax.yaxis)


def _names(axis: Axis) -> list[str]:
    named = isinstance(axis.get_major_locator(), FixedLocator)
    return [label.get_text() for label in axis.get_ticklabels()] if named else []


def _share_names(axes: Sequence[Axes], columns: int) -> None:
    """Give panels the names that the page has at the first of a row or column only."""
    tops = {_spec(ax).colspan.start: ax.get_title() for ax in reversed(axes)}
    lefts = {_spec(ax).rowspan.start: ax for ax in reversed(axes)}
    labels = {row: (ax.get_ylabel(), _row_names(ax)) for row, ax in lefts.items()}
    for place, ax in enumerate(axes):
        label, names = labels[_spec(ax).rowspan.start]
        ax.set_title(ax.get_title() or tops[_spec(ax).colspan.start])
        leftmost = place % columns == 0
        _name_rows(ax, names, leftmost)
        beside = axes[place - 1]
        shares = ax.get_shared_y_axes().joined(ax, beside) and ax is not beside
        ax.tick_params(labelleft=leftmost or not shares)
        ax.set_ylabel((ax.get_ylabel() or label) if leftmost or not shares else "")
    for above, below in zip(axes, axes[columns:], strict=False):
        if above.get_xlabel() == below.get_xlabel():
            above.set_xlabel("")


def _name_rows(ax: Axes, names: Sequence[str], leftmost: bool) -> None:
    """Name the rows of a panel if it stands leftmost; what else they are called stays."""
    if not names:
        return
    own = [text.split("\n")[-1] if text not in names else text.partition("\n")[2]
           for text in _row_names(ax)]  # fmt: skip
    heads = [name.split("\n")[0] if leftmost else "" for name in names]
    said = ["\n".join(filter(None, both)) for both in zip(heads, own, strict=True)]
    ax.set_yticks(ax.get_yticks(), said)


def _thin(figure: Figure) -> None:
    for line in figure.findobj(Line2D):
        line.set_linewidth(THIN * line.get_linewidth())  # pyright: ignore
        line.set_markersize(THIN * line.get_markersize())  # pyright: ignore
    for lines in figure.findobj(LineCollection):
        lines.set_linewidth(THIN * np.asarray(lines.get_linewidth()))  # pyright: ignore
    for ax in figure.axes:
        ax.tick_params(labelsize=POINTS, pad=2, grid_linewidth=0.4)
        ax.spines[:].set_linewidth(0.5)


def _break_labels(ax: Axes, labels: Sequence[str], width: float, height: float) -> None:
    """Break the title and the labels of a panel that leave so much room."""
    title, below, beside = labels
    ax.set_title(broken(title, width), fontsize=POINTS)
    ax.set_xlabel(broken(below, width), fontsize=POINTS)
    ax.set_ylabel(broken(beside, height), fontsize=POINTS)


def _break_columns(ax: Axes, width: float) -> None:
    """Break the names of a panel's columns, where it has some."""
    names = _names(ax.xaxis)
    if names:
        slot = width / len(names) - 0.05
        ax.set_xticks(ax.get_xticks(), [broken(name, slot) for name in names])


def _thin_out(ax: Axes, width: float) -> None:
    """Leave only powers of ten at a logarithmic axis whose numbers have no room."""
    low, high = sorted(ax.get_xlim())
    places = zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)
    said = [label.get_text() for place, label in places if low <= place <= high]
    if ax.get_xscale() == "log" and sum(_inches(text) + 0.08 for text in said) > width:
        ax.xaxis.set_major_locator(LogLocator(subs=(1,)))


def _break_outer_labels(figure: Figure) -> None:
    for read, write in (
        (figure.get_supxlabel, figure.supxlabel),
        (figure.get_supylabel, figure.supylabel),
    ):
        if read():
            write(broken(read(), WIDTH - 0.2))


def broken(text: str, inches: float) -> str:
    """Return a text in lines that fit; a word that is longer stays whole."""
    lines = [""]
    for word in text.replace("\n", " \n ").split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if word == "\n":
            lines.append("")
        elif _inches(longer) <= inches or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


@cache
def _inches(text: str) -> float:
    """Return the width of a text of one line, as it is printed."""
    return TextPath((0, 0), text, size=POINTS).get_extents().width / 72 if text.strip() else 0.0


def _below(figure: Figure, legend: Any) -> int:
    """Put a legend below the panels, in as many columns as have room, and return its rows."""
    labels = [text.get_text() for text in legend.get_texts()]
    handles = legend.legend_handles
    legend.remove()
    columns = next((n for n in range(len(labels), 1, -1) if _wide(labels, n) <= WIDTH), 1)
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False,
                  columnspacing=0.9, handletextpad=0.4, handlelength=2.4, borderpad=0.1,
                  labelspacing=0.25, fontsize=POINTS)  # fmt: skip
    return math.ceil(len(labels) / columns)


def _wide(labels: Sequence[str], columns: int) -> float:
    """Return the inches that entries take in so many columns."""
    parts = np.array_split([_inches(label) for label in labels], columns)
    return sum(part.max() for part in parts) + 0.42 * columns
