"""How training went: outcomes, survival, gradient norms, losses and logits."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from reports.columns import Frame
from reports.course import survival as survival_of
from reports.figures import style
from reports.frame import Results
from reports.stats import STATES

OUTCOME_COLOURS = dict(
    zip(STATES, ("#3b8f5a", "#c0392b", "#e08e2b", "#9aa5b1", "#d5dae0", "#6c3483"), strict=True)
)
CURVES = {
    "loss_d": "discriminator loss",
    "loss_g": "generator loss",
    "penalty": "penalty",
    "logit_real": "mean logit of real data",
    "logit_fake": "mean logit of generated data",
    "accuracy_d": "discriminator accuracy",
}
GRADIENTS = {"grad_norm_d": "discriminator", "grad_norm_g": "generator"}


@style.styled
def outcomes(results: Results) -> Figure | None:
    """Draw how many runs of each method finished, diverged or are absent."""
    if results.runs.empty:
        return None
    figure, places = style.facets(
        results, ["runs"], width=8.5, height=0.38 * len(results.methods) + 0.8
    )
    for ax, cell, _ in places:
        _counts(ax, results.runs[results.runs["cell"] == cell])
        style.panel_title(ax, "", cell)
    style.title(figure, "Outcomes: planned runs by how they ended")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=6, frameon=False)
    return figure


def _counts(ax: Axes, runs: Frame) -> None:
    table = pd.crosstab(runs["method"], runs["state"]).reindex(columns=list(STATES), fill_value=0)
    left = pd.Series(0, index=table.index)
    for state in STATES:
        bars = ax.barh(table.index, table[state], left=left, height=0.7,
                       color=OUTCOME_COLOURS[state], label=state)  # fmt: skip
        ax.bar_label(bars, [str(n) if n else "" for n in table[state]], label_type="center")
        left += table[state]
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("runs")


@style.styled
def survival(results: Results) -> Figure | None:
    """Draw the share of runs that have not failed yet over generator steps."""
    rows = survival_of(results)
    if rows.empty:
        return None
    figure, places = style.facets(results, ["share"], width=8.5, height=3.2)
    for ax, cell, _ in places:
        _survival(ax, rows[rows["cell"] == cell], results)
        style.panel_title(ax, "", cell)
    style.title(figure, "Survival: share of runs neither non-finite nor collapsed for good")
    ends = Line2D([], [], linestyle="none", marker="|", markersize=9, color="black")
    ends.set_label("last seen, not failed")
    style.legend(figure, results, [ends])
    return figure


def _survival(ax: Axes, rows: Frame, results: Results) -> None:
    """Draw wide lines below narrow ones, so that curves that coincide stay visible."""
    present = [method for method in results.methods if (rows["method"] == method).any()]
    for place, method in enumerate(present):
        mine, colour = rows[rows["method"] == method], style.palette(results)[method]
        width = 1.4 + 3.6 * (len(present) - 1 - place) / max(1, len(present) - 1)
        ax.plot(mine["step"], mine["share"], drawstyle="steps-post", color=colour, linewidth=width,
                solid_capstyle="butt")  # fmt: skip
        ends = mine[mine["censored"] > 0]
        ax.plot(ends["step"], ends["share"], "|", color=colour, markersize=9, mew=1.5)
    ax.set(xlabel="generator steps", ylabel="share of runs", ylim=(-0.04, 1.08))


@style.styled
def gradient_norms(results: Results) -> Figure | None:
    """Draw the parameter-gradient norms of both networks over training."""
    rows = results.metrics
    if rows[list(GRADIENTS)].isna().all(axis=None):
        return None
    figure, places = style.facets(results, list(GRADIENTS))
    for ax, cell, column in places:
        style.curve(ax, rows[rows["cell"] == cell], column, results)
        ax.set_ylabel("parameter-gradient 2-norm")
        style.panel_title(ax, GRADIENTS[column], cell)
    style.title(figure, "Gradient norms over training: median and range over seeds")
    style.legend(figure, results)
    return figure


@style.styled
def losses(results: Results) -> Figure | None:
    """Draw losses, logits, penalty and accuracy over training, of one cell."""
    rows = results.metrics
    if rows[list(CURVES)].isna().all(axis=None):
        return None
    figure, axes = style.panels(2, 3, width=3.9, height=3)
    for ax, (column, label) in zip(axes.flat, CURVES.items(), strict=True):
        shown = rows[rows["penalty"] > 0] if column == "penalty" else rows
        style.curve(ax, shown, column, results)
        ax.set_ylabel(label)
    axes.flat[5].axhline(0.5, **style.REFERENCE)
    text = "Losses and logits over training: median and range over seeds"
    style.title(figure, text, results.cells[0])
    style.legend(figure, results)
    return figure
