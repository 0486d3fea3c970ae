"""The discriminator's Lipschitz constant: bounds from both sides, and local gradients."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reports.columns import Frame
from reports.figures import style
from reports.frame import Results

INPUT_GRADIENTS = {
    "input_grad_real": "at real data",
    "input_grad_fake": "at generated data",
    "input_grad_interpolates": "between them",
    "input_grad_max": "largest",
}
MOST_COLUMNS = 3


@style.styled
def bounds(results: Results) -> Figure | None:
    """Draw lower and upper bound of each method over training on one scale, of one cell."""
    rows = results.diagnostics.dropna(subset="lipschitz_lower")
    if rows.empty:
        return None
    methods = [method for method in results.methods if (rows["method"] == method).any()]
    columns = min(MOST_COLUMNS, len(methods))
    size = (math.ceil(len(methods) / columns), columns)
    figure, axes = style.panels(*size, width=3.6, height=2.7, sharey=True)
    for ax in axes.flat[len(methods) :]:
        ax.set_axis_off()
    for ax, method in zip(axes.flat, methods, strict=False):
        _bracket(ax, rows[rows["method"] == method], style.palette(results)[method])
        ax.set(title=method, xlabel="generator steps")
    for ax in axes[:, 0]:
        ax.set_ylabel("Lipschitz constant of D")
    style.log_if_wide(axes[0, 0], rows[["lipschitz_lower", "lipschitz_upper"]].stack())
    style.title(figure, "Bounds on D's Lipschitz constant: median over seeds", results.cells[0])
    figure.legend(handles=_keys(), loc="outside lower center", ncols=2, frameon=False)
    return figure


def _bracket(ax: Axes, rows: Frame, colour: style.Colour) -> None:
    middle = rows.groupby("step")[["lipschitz_lower", "lipschitz_upper"]].median()
    ax.plot(middle.index, middle["lipschitz_lower"], color=colour)
    ax.plot(middle.index, middle["lipschitz_upper"], color=colour, linestyle="--")
    ax.fill_between(middle.index, *(middle[c] for c in middle), color=colour, alpha=0.12, lw=0)
    if middle["lipschitz_upper"].isna().all():
        place = {"transform": ax.transAxes, "ha": "center", "va": "top", "color": "0.35"}
        ax.text(0.5, 0.97, "upper bound: undefined", fontsize=9, **place)


def _keys() -> list[Line2D]:
    return [
        Line2D([], [], color="black", linestyle="--", label="upper bound: product of norms"),
        Line2D([], [], color="black", label="lower bound: largest gradient found"),
    ]


@style.styled
def input_gradients(results: Results) -> Figure | None:
    """Draw the norm of the discriminator's gradient with respect to its input, of one cell."""
    rows = results.diagnostics
    if rows[list(INPUT_GRADIENTS)].isna().all(axis=None):
        return None
    figure, axes = style.panels(2, 2)
    for ax, (column, label) in zip(axes.flat, INPUT_GRADIENTS.items(), strict=True):
        style.curve(ax, rows, column, results)
        ax.set(ylabel="|grad_x D(x)|, of the logit", title=label)
    text = "Input-gradient norms of the discriminator: median and range over seeds"
    style.title(figure, text, results.cells[0])
    style.legend(figure, results)
    return figure
