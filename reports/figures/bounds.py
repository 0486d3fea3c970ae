"""The discriminator's Lipschitz constant, between bounds from both sides."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reports.figures import panels, style
from reports.figures.drawing import Drawing
from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers

MOST_COLUMNS = 3


@style.styled
def bounds(results: Results, numbers: Numbers) -> Figure | None:
    """Draw lower and upper bound of each method over training on one scale, of one cell."""
    lower = numbers.diagnostic_curves.of("lipschitz_lower").seeds
    upper = numbers.diagnostic_curves.of("lipschitz_upper").seeds
    methods = [method for method in results.methods if (lower["method"] == method).any()]
    if not methods:
        return None
    figure, axes = panels.grid(len(methods), MOST_COLUMNS, width=3.6, height=2.7, sharey=True)
    for ax, method in zip(axes.flat, methods, strict=False):
        low, high = (curve[curve["method"] == method] for curve in (lower, upper))
        _bracket(ax, low, high, style.palette(results)[method])
        ax.set(title=method, xlabel="generator steps")
    for ax in axes[:, 0]:
        ax.set_ylabel("Lipschitz constant of D")
    drawn = [curve[edge] for curve in (lower, upper) for edge in ("low", "high")]
    panels.log_if_wide(axes[0, 0], pd.concat(drawn))
    panels.title(figure, "Bounds on D's Lipschitz constant: median over seeds", results.cells[0])
    figure.legend(handles=_keys(), loc="outside lower center", ncols=2, frameon=False)
    return figure


def _bracket(ax: Axes, lower: Frame, upper: Frame, colour: style.Colour) -> None:
    low = lower.set_index("step")["median"].astype(float)
    high = upper.set_index("step")["median"].astype(float).reindex(low.index)
    ax.plot(low.index, low, color=colour)
    ax.plot(high.index, high, color=colour, linestyle="--")
    ax.fill_between(low.index, low, high, color=colour, alpha=0.12, lw=0)
    if high.isna().all():
        place = {"transform": ax.transAxes, "ha": "center", "va": "top", "color": "0.35"}
        ax.text(0.5, 0.97, "upper bound: undefined", fontsize=9, **place)


def _keys() -> list[Line2D]:
    return [
        Line2D([], [], color="black", linestyle="--", label="upper bound: product over layers"),
        Line2D([], [], color="black", label="lower bound: largest gradient found"),
    ]


BOUNDS = Drawing(
    "bounds",
    "Bounds over training",
    "D's true Lipschitz constant lies in the coloured band, on one scale for all methods. "
    "Below it is the largest input gradient found, above it the product over all layers of an "
    "upper bound of each operator norm (the norm itself where a layer is small) and of the "
    "constants of the activations. Runs of earlier versions recorded a product of estimates, "
    "which may be too low.",
    bounds,
    "These runs did not record bounds.",
    one_cell=True,
)
