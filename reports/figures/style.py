"""One look for all figures: fonts, a colour per method, and how a figure becomes a file."""

from __future__ import annotations

import io
from typing import Any, TypeAlias

import matplotlib
import seaborn as sns
from matplotlib.figure import Figure

from reports.load.results import Results

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
MORE: tuple[str, ...] = (
    "#000096", "#5a00ff", "#5a002d", "#7878ff", "#b4001e", "#87d296", "#1e3c69",
    "#c31e96", "#003cc3", "#3c5a0f", "#e12de1", "#96d200", "#69785a", "#c3a5b4",
)  # fmt: skip
"""Chosen one by one, each as far as possible (in OKLab, seen with and without red-green blindness)
from the ten of seaborn's colour-blind palette, from those before it, from white and from black."""


def palette(results: Results) -> dict[str, Colour]:
    """Return each method's colour, by its place in the plan: the same in every figure."""
    methods = results.methods
    colours: Any = [*sns.color_palette("colorblind"), *sns.color_palette(MORE)]
    if len(methods) > len(colours):
        colours = sns.color_palette("husl", len(methods))
    return dict(zip(methods, colours, strict=False))


@styled
def encode(figure: Figure, dpi: int = 130) -> tuple[bytes, bytes]:
    """Return a figure as SVG and as PNG, byte-identical on repeat."""
    svg, png = io.BytesIO(), io.BytesIO()
    figure.savefig(svg, format="svg", metadata={"Date": None})
    figure.set_layout_engine(None)  # the panels have found their places; do not search again
    figure.savefig(png, format="png", dpi=dpi)
    return svg.getvalue(), png.getvalue()
