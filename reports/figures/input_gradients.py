"""The discriminator's gradient with respect to its input: its local Lipschitz constant."""

from __future__ import annotations

from matplotlib.figure import Figure

from reports.figures import lines, panels, style
from reports.figures.drawing import Drawing
from reports.load.results import Results
from reports.stats.numbers import Numbers

MEASURED = {
    "input_grad_real": "at real data",
    "input_grad_fake": "at generated data",
    "input_grad_interpolates": "between them",
    "input_grad_max": "largest",
}


@style.styled
def input_gradients(results: Results, numbers: Numbers) -> Figure | None:
    """Draw the norm of the discriminator's gradient with respect to its input, of one cell."""
    curves = {column: numbers.diagnostic_curves.of(column) for column in MEASURED}
    if all(one.seeds.empty for one in curves.values()):
        return None
    figure, axes = panels.panels(2, 2)
    for ax, (column, label) in zip(axes.flat, MEASURED.items(), strict=True):
        lines.progress(ax, curves[column], results)
        ax.set(ylabel="|grad_x D(x)|, of the logit", title=label)
    text = "Input-gradient norms of the discriminator: median and range over seeds"
    panels.title(figure, text, results.cells[0])
    panels.legend(figure, results)
    return figure


INPUT_GRADIENTS = Drawing(
    "input-gradients",
    "Input gradients",
    "The local Lipschitz constant of the discriminator's logit at real and generated data "
    "and between them.",
    input_gradients,
    "No diagnostics have been recorded yet.",
    one_cell=True,
)
