"""One look for all figures: a colour a method, median lines with a min-max band, one legend."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import matplotlib
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from reports.columns import Column, Frame
from reports.frame import Results
from runners.store.states import State

Colour: TypeAlias = tuple[float, float, float]
STYLE: dict[Any, Any] = {
    **sns.axes_style("whitegrid"),
    **sns.plotting_context("notebook", font_scale=0.9),
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # ships with matplotlib: the same on every machine
    "axes.titlesize": 11,
    "axes.edgecolor": "0.6",
    "grid.color": "0.9",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "reports",  # identical bytes for identical figures
    "lines.linewidth": 1.8,
}
styled = matplotlib.rc_context(STYLE)  # a decorator for every function that draws
REFERENCE: dict[str, Any] = {"color": "0.35", "linestyle": "--", "linewidth": 1.2}
FEW_DECADES = 300.0  # up to this ratio ticks at 1, 2 and 5 do not crowd
SEED_STEP = 0.13  # between the points of neighbouring seeds, in rows
CROWDED = 10  # more methods than the colour-blind palette has colours


def palette(results: Results) -> dict[str, Colour]:
    """Return each method's colour, by its place in the plan: the same in every figure."""
    methods = results.methods
    name = "colorblind" if len(methods) <= CROWDED else "husl"
    return dict(zip(methods, sns.color_palette(name, len(methods)), strict=True))


def facets(
    results: Results, columns: Sequence[str], width: float = 4.6, height: float = 3.4
) -> tuple[Figure, Iterator[tuple[Axes, str, str]]]:
    """Return a figure with a row a cell and a column each of ``columns``, and its panels."""
    cells = results.cells
    figure, axes = panels(len(cells), len(columns), width, height)
    places = [(c, column) for c in cells for column in columns]
    return figure, ((ax, *place) for ax, place in zip(axes.flat, places, strict=True))


def panels(
    rows: int, columns: int, width: float = 4.6, height: float = 3.4, sharey: bool = False
) -> tuple[Figure, np.ndarray]:
    """Return a figure and its axes, of inches a panel."""
    size = (max(6.4, width * columns), height * rows + 0.9)
    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, sharey=sharey)


def lines(ax: Axes, frame: Frame, y: str, results: Results, x: str = "step") -> None:
    """Draw each method's median over seeds, with a min-max band where there are several."""
    shown = frame.dropna(subset=y)
    if shown.empty:
        absent(ax)
        return
    seeds = shown.groupby(["method", x], observed=True)[y].agg(["median", "min", "max"])
    seeds, colours = seeds.reset_index(), palette(results)
    for method, mine in seeds.groupby("method", observed=True):
        if (mine["min"] < mine["max"]).any():
            band = {"color": colours[str(method)], "alpha": 0.15, "linewidth": 0}
            ax.fill_between(mine[x], mine["min"], mine["max"], **band)
    sns.lineplot(
        data=seeds, x=x, y="median", hue="method", hue_order=results.methods, palette=colours,
        estimator=None, legend=False, ax=ax,
    )  # fmt: skip


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


def mark_stops(ax: Axes, frame: Frame, y: str, results: Results) -> None:
    """Mark the last value of every diverged or crashed run with a cross."""
    failed = results.runs[results.runs["state"].isin([State.DIVERGED, State.CRASHED])]["run_id"]
    ends = frame[frame["run_id"].isin(failed)].dropna(subset=y).sort_values("step")
    colours = palette(results)
    for row in ends.groupby("run_id").tail(1).to_dict("records"):
        ax.plot(row["step"], row[y], "X", color=colours[row["method"]], markersize=9, mec="black")


def absent(ax: Axes, text: str = "nothing recorded") -> None:
    """Say in an empty panel that it is empty."""
    ax.text(0.5, 0.5, text, ha="center", va="center", transform=ax.transAxes, color="0.4")
    ax.set_xticks([])
    ax.set_yticks([])


def spans_decades(values: Column) -> bool:
    """Whether a log axis suits: all values positive, over more than a factor of 10."""
    present = values.dropna()
    return bool(len(present) and present.min() > 0 and present.max() > 10 * present.min())


def log_if_wide(ax: Axes, values: Column, axis: str = "y") -> None:
    """Make an axis logarithmic where the values span more than a factor of 10."""
    if not spans_decades(values):
        return
    ax.set(**{f"{axis}scale": "log"})
    ticks = ax.yaxis if axis == "y" else ax.xaxis
    few_decades = values.max() < FEW_DECADES * values.min()
    ticks.set_major_locator(LogLocator(subs=(1, 2, 5) if few_decades else (1,)))
    ticks.set_major_formatter("{x:g}")
    ticks.set_minor_formatter(NullFormatter())


def curve(ax: Axes, rows: Frame, column: str, results: Results) -> None:
    """Draw a recorded column over generator steps, with a cross where runs failed."""
    lines(ax, rows, column, results)
    mark_stops(ax, rows, column, results)
    if column != "accuracy_d":
        log_if_wide(ax, rows[column])
    ax.set_xlabel("generator steps")


def legend(
    figure: Figure, results: Results, extra: Sequence[Line2D] = (), marker: str | None = None
) -> None:
    """Put one legend of the methods below all panels, outside them."""
    shown = [m for m in results.methods if (results.runs["method"] == m).any()]
    colours = palette(results)
    style = {"linestyle": "none" if marker else "-", "marker": marker}
    handles = [Line2D([], [], color=colours[m], label=m, **style) for m in shown] + list(extra)
    longest = max(len(str(handle.get_label())) for handle in handles)
    fit = int(figure.get_figwidth() * 12 / (longest + 6))
    columns = max(1, min(len(handles), fit))
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False)


def title(figure: Figure, text: str, cell: str = "") -> None:
    """Say above all panels what a figure shows, and of which cell if it shows one."""
    figure.suptitle(f"{text}\n{cell}" if cell else text, fontsize=12.5, fontweight="bold")


def panel_title(ax: Axes, text: str, cell: str) -> None:
    """Title a panel, with its cell where it has a name."""
    ax.set_title(f"{text}\n{cell}" if text and cell else text or cell)


@styled
def encode(figure: Figure, dpi: int = 130) -> tuple[bytes, bytes]:
    """Return a figure as SVG and as PNG, byte-identical on repeat."""
    svg, png = io.BytesIO(), io.BytesIO()
    figure.savefig(svg, format="svg", metadata={"Date": None})
    figure.set_layout_engine("none")  # the panels have found their places; do not search again
    figure.savefig(png, format="png", dpi=dpi)
    return svg.getvalue(), png.getvalue()
