"""What the loop logged over training: gradient norms, losses and logits."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reports.figures import lines, panels, style
from reports.figures.drawing import Drawing
from reports.load.results import Results
from reports.stats.numbers import Numbers

LOGGED = {
    "loss_d": "discriminator loss",
    "loss_g": "generator loss",
    "penalty": "penalty",
    "logit_real": "mean logit of real data",
    "logit_fake": "mean logit of generated data",
    "accuracy_d": "discriminator accuracy",
}
GRADIENTS = {"grad_norm_d": "discriminator", "grad_norm_g": "generator"}


@style.styled
def gradient_norms(results: Results, numbers: Numbers) -> Figure | None:
    """Draw the parameter-gradient norms of both networks over training."""
    curves = numbers.metric_curves
    if all(curves.of(column).seeds.empty for column in GRADIENTS):
        return None
    figure, places = panels.facets(results, list(GRADIENTS))
    for ax, cell, column in places:
        lines.progress(ax, curves.of(column, cell=cell), results)
        ax.set_ylabel("parameter-gradient 2-norm")
        panels.panel_title(ax, GRADIENTS[column], cell)
    panels.title(figure, "Gradient norms over training: median and range over seeds")
    panels.legend(figure, results)
    return figure


@style.styled
def separations(results: Results, numbers: Numbers) -> Figure | None:
    """Draw how well D tells real from generated batches, above the line below which it cannot."""
    curves = numbers.metric_curves
    if curves.of("auc_gap").seeds.empty:
        return None
    cells = results.cells
    figure, axes = panels.grid(len(cells), 3, 4.9, 3.4, sharey=True)
    for ax, cell in zip(axes.flat, cells, strict=False):
        lines.progress(ax, curves.of("auc_gap", cell=cell), results, log=False)
        if cell in numbers.chance_gaps:
            ax.axhline(numbers.chance_gaps[cell], **style.REFERENCE)
        ax.set(ylabel="mean |AUC - 1/2| of D in a batch", ylim=(0, 0.52))
        panels.panel_title(ax, "discriminator", cell)
    chance = Line2D([], [], label="at chance below this line", **style.REFERENCE)
    panels.title(figure, "What D tells apart: median and range over seeds")
    panels.legend(figure, results, [chance])
    return figure


@style.styled
def losses(results: Results, numbers: Numbers) -> Figure | None:
    """Draw losses, logits, penalty and accuracy over training, of one cell."""
    curves = {column: numbers.metric_curves.of(column) for column in LOGGED}
    if all(one.seeds.empty for one in curves.values()):
        return None
    figure, axes = panels.panels(2, 3, width=3.9, height=3)
    for ax, (column, label) in zip(axes.flat, LOGGED.items(), strict=True):
        lines.progress(ax, curves[column], results, log=column != "accuracy_d")
        ax.set_ylabel(label)
    axes.flat[5].axhline(0.5, **style.REFERENCE)
    text = "Losses and logits over training: median and range over seeds"
    panels.title(figure, text, results.cells[0])
    panels.legend(figure, results)
    return figure


GRADIENT_NORMS = Drawing(
    "gradient-norms",
    "Gradient norms",
    "Norms of the parameter gradients: growth ends in divergence, decay in a generator that "
    "no longer learns.",
    gradient_norms,
    "No training step has been logged yet.",
)
SEPARATIONS = Drawing(
    "separations",
    "What the discriminator tells apart",
    "The distance from 1/2 of the probability that a real image's logit is above a generated "
    "one's, in each batch: 0 is guessing, .5 no mistake. It has no scale, so it compares across "
    "methods and losses.",
    separations,
    "",
)
LOSSES = Drawing(
    "losses",
    "Losses and logits",
    "For diagnosis only, as losses do not compare across methods; the dashed line is the "
    "accuracy of guessing. The penalty is shown for methods that have one.",
    losses,
    "No training step has been logged yet.",
    one_cell=True,
)
