"""How training went: outcomes, gradient norms, losses and logits."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reports.figures import style
from reports.frame import Frame, Results
from reports.stats import STATES

OUTCOME_COLOURS = dict(
    zip(STATES, ("#3b8f5a", "#c0392b", "#e08e2b", "#9aa5b1", "#d5dae0", "#6c3483"), strict=True)
)
CURVES = {
    "loss_d": "discriminator loss",
    "loss_g": "generator loss",
    "penalty": "penalty",
    "logit_real": "mean logit of real images",
    "logit_fake": "mean logit of generated images",
    "accuracy_d": "discriminator accuracy",
}
INPUT_GRADIENTS = {
    "input_grad_real": "at real images",
    "input_grad_fake": "at generated images",
    "input_grad_interpolates": "between them",
    "input_grad_max": "largest",
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
def gradient_norms(results: Results) -> Figure | None:
    """Draw the parameter-gradient norms of both networks over training."""
    rows = results.metrics
    if rows[list(GRADIENTS)].isna().all(axis=None):
        return None
    figure, places = style.facets(results, list(GRADIENTS))
    for ax, cell, column in places:
        _curve(ax, rows[rows["cell"] == cell], column, results)
        ax.set_ylabel("parameter-gradient 2-norm")
        style.panel_title(ax, GRADIENTS[column], cell)
    style.title(figure, "Gradient norms over training: median and range over seeds")
    style.legend(figure, results)
    return figure


@style.styled
def input_gradients(results: Results) -> Figure | None:
    """Draw the norm of the discriminator's gradient with respect to its input, of one cell."""
    rows = results.diagnostics
    if rows[list(INPUT_GRADIENTS)].isna().all(axis=None):
        return None
    figure, axes = style.panels(2, 2)
    for ax, (column, label) in zip(axes.flat, INPUT_GRADIENTS.items(), strict=True):
        _curve(ax, rows, column, results)
        ax.set(ylabel="|grad_x D(x)|, of the logit", title=label)
    text = "Input-gradient norms of the discriminator: median and range over seeds"
    style.title(figure, text, results.cells[0])
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
        _curve(ax, shown, column, results)
        ax.set_ylabel(label)
    axes.flat[5].axhline(0.5, **style.REFERENCE)
    text = "Losses and logits over training: median and range over seeds"
    style.title(figure, text, results.cells[0])
    style.legend(figure, results)
    return figure


def _curve(ax: Axes, rows: Frame, column: str, results: Results) -> None:
    style.lines(ax, rows, column, results)
    style.mark_stops(ax, rows, column, results)
    if column != "accuracy_d":
        style.log_if_wide(ax, rows[column])
    ax.set_xlabel("generator steps")
