"""Two norms of each layer: of the reshaped kernel, and of the convolution with its bounds."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reports.figures import panels, style
from reports.figures.drawing import Drawing
from reports.figures.layer_titles import at_steps, layer_title
from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers

MOST_COLUMNS = 3
LOOKS: dict[str, dict[str, Any]] = {
    "sigma_max": {"marker": "o", "markersize": 4.5},
    "operator_norm": {"marker": "D", "markersize": 5.5, "mfc": "none"},
    "operator_upper": {"marker": "<", "markersize": 6},
    "largest_operator_norm": {"marker": "|", "markersize": 8},
}
SHOWN = list(LOOKS)


@style.styled
def norms(results: Results, numbers: Numbers) -> Figure | None:
    """Draw both norms of each layer and the bounds of the second at the last step, of one cell."""
    rows = numbers.layer_norms
    if rows.empty:
        return None
    layers = numbers.layers[numbers.layers["layer"].isin(rows["layer"])]
    height = 0.5 * len(results.methods) + 0.8
    figure, axes = panels.grid(len(layers), MOST_COLUMNS, 3.7, height)
    blank = [""] * len(results.methods)
    for ax, layer in zip(axes.flat, layers.itertuples(), strict=False):
        _norms(ax, rows[rows["layer"] == layer.layer], results)
        panels.name_rows(ax, results.methods if panels.is_leftmost(ax) else blank)
        ax.set_title(layer_title(layer))
    text = f"Two norms of each layer {at_steps(numbers)}: every seed"
    panels.title(figure, text, results.cells[0])
    figure.legend(handles=_keys(), loc="outside lower center", ncols=4, frameon=False)
    return figure


def _norms(ax: Axes, rows: Frame, results: Results) -> None:
    colours = style.palette(results)
    for place, method in enumerate(results.methods):
        mine = rows[rows["method"] == method].sort_values("seed")
        heights, colour = panels.offsets(len(mine), place), colours[method]
        low, high = mine[SHOWN].min(axis=1), mine[SHOWN].max(axis=1)
        ax.hlines(heights, low, high, color=colour, linewidth=0.8, alpha=0.5)
        for column, look in LOOKS.items():
            ax.plot(mine[column], heights, color=colour, linestyle="none", **look)
    panels.log_if_wide(ax, rows[SHOWN].stack(), axis="x")
    ax.axvline(1, color="0.8", linewidth=1, zorder=0)
    ax.set_xlabel("norm of the effective weight")


def _keys() -> list[Line2D]:
    plain: dict[str, Any] = {"linestyle": "none", "color": "black"}
    return [
        Line2D([], [], marker="o", label="sigma of the reshaped kernel", **plain),
        Line2D([], [], marker="D", mfc="none", label="operator norm or estimate", **plain),
        Line2D([], [], marker="<", markersize=6, label="its upper bound", **plain),
        Line2D([], [], marker="|", markersize=9, label="ceil(k/s) times sigma", **plain),
    ]


NORMS = Drawing(
    "norms",
    "Two norms of each layer",
    "The sigma of the reshaped kernel (what spectral norm constrains) is not the operator "
    "norm of the convolution, the factor by which the layer can stretch an image at its real "
    "size, stride and padding. The diamond is that norm where the bound stands on it; elsewhere "
    "it is an estimate by power iteration, never too large, and the true norm lies between the "
    "two. It is at most ceil(k/s) times sigma, for a square kernel of size k and stride s padded "
    "with zeros. For a linear layer all are one.",
    norms,
    "These runs did not record operator norms.",
    one_cell=True,
)
