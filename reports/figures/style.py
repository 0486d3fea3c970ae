"""One look for all figures: fonts, a colour per method, and how a figure becomes a file."""

from __future__ import annotations

import io
from collections.abc import Collection
from dataclasses import dataclass
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
    "svg.fonttype": "path",  # letters as outlines: the same everywhere, and nothing to install
    "pdf.fonttype": 42,  # TrueType, embedded: what journals ask for
    "lines.linewidth": 1.8,
    "text.parse_math": False,  # names are words, whatever dollars are in them
}
styled = matplotlib.rc_context(STYLE)  # a decorator for every function that draws
REFERENCE: dict[str, Any] = {"color": "0.35", "linestyle": "--", "linewidth": 1.2}
MORE: tuple[str, ...] = (
    "#000096", "#5a00ff", "#5a002d", "#7878ff", "#b4001e", "#87d296", "#1e3c69",
    "#c31e96", "#003cc3", "#3c5a0f", "#e12de1", "#96d200", "#69785a", "#c3a5b4",
)  # fmt: skip
"""Chosen one by one, each as far as possible (in OKLab, seen with and without red-green blindness)
from the ten of seaborn's colour-blind palette, from those before it, from white and from black."""
MARKERS = ("o", "s", "^", "D", "v", "*", "<", "p", ">", "P")
"""No cross, which is a failure's."""
DASHES: tuple[Any, ...] = ("-", (0, (6, 1.5)), (0, (4, 1.2, 1, 1.2)), (0, (8, 1.5, 1, 1.5, 1, 1.5)))
FILLS: tuple[Any, ...] = ("full", "none", "left", "bottom")
"""Lines and markers of methods, the next where markers begin anew: up to ten methods are solid, and
what is dashed is a reference."""
SPARSE = 0.22  # of a panel's diagonal, from one marker of a line to the next


@dataclass(frozen=True)
class Look:
    """What tells a method apart, also where colours do not.

    Args:
        colour: its colour.
        marker: its points.
        dash: its lines.
        fill: which part of its points is filled.
        start: where on a line its first marker is, so that those of several lines lie apart.
    """

    colour: Colour
    marker: str
    dash: Any
    fill: Any
    start: float

    @property
    def line(self) -> dict[str, Any]:
        """For a line with many points, of which few are marked."""
        return {
            "color": self.colour, "linestyle": self.dash, "marker": self.marker, "markersize": 5.5,
            "markevery": (self.start, SPARSE), "fillstyle": self.fill, "mew": 0.5,
            "mec": "white" if self.fill == "full" else self.colour,
        }  # fmt: skip

    @property
    def key(self) -> dict[str, Any]:
        """For the entry of a line in a legend."""
        return {**self.line, "markevery": None}

    @property
    def points(self) -> dict[str, Any]:
        """For points without a line."""
        shape = {"marker": self.marker, "fillstyle": self.fill}
        return {"color": self.colour, "linestyle": "none", **shape}


def looks(results: Results) -> dict[str, Look]:
    """Return each method's look, by its place in the plan: the same in every figure."""
    found = {}
    for place, (method, colour) in enumerate(palette(results).items()):
        turn, kind = divmod(place, len(MARKERS))
        dash, fill = DASHES[turn % len(DASHES)], FILLS[turn % len(FILLS)]
        found[method] = Look(colour, MARKERS[kind], dash, fill, SPARSE * (kind % 5) / 5)
    return found


def palette(results: Results) -> dict[str, Colour]:
    """Return each method's colour, by its place in the plan: the same in every figure."""
    methods = results.beside or results.planned_methods
    colours: Any = [*sns.color_palette("colorblind"), *sns.color_palette(MORE)]
    if len(methods) > len(colours):
        colours = sns.color_palette("husl", len(methods))
    return dict(zip(methods, colours, strict=False))


@styled
def encode(figure: Figure, formats: Collection[str], dpi: int = 130) -> dict[str, bytes]:
    """Return a figure in each format, byte-identical on repeat.

    Args:
        figure: laid out anew if it has a layout engine, which is gone afterwards.
        formats: of reports.choice.FORMATS.
        dpi: of PNG.
    """
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    if engine := figure.get_layout_engine():
        engine.execute(figure)  # by the renderer of PNG, the fastest at measuring text
        figure.set_layout_engine(None)  # the panels have found their places; do not search again
    files = {}
    for form in sorted(formats):
        file = io.BytesIO()
        sharp = dpi if form == "png" else "figure"
        figure.savefig(file, format=form, metadata=undated.get(form), dpi=sharp)
        files[form] = file.getvalue()
    return files
