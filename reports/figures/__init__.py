"""Figures: functions from results to a Figure, or None where there is nothing to draw."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from matplotlib.figure import Figure

from reports.figures import samples, scores, spectra, stability
from reports.frame import Results


@dataclass(frozen=True)
class Drawing:
    """A figure of the page.

    Args:
        title: heading of its section.
        explanation: what to look for, in a sentence or two.
        draw: results to Figure, None where there is nothing to draw.
        missing: what to say then.
        one_cell: draws one cell at a time, for panels that leave no room for cells.
        pixels: a picture of pixels, for which PNG is the better format.
    """

    title: str
    explanation: str
    draw: Callable[[Results], Figure | None]
    missing: str
    one_cell: bool = False
    pixels: bool = False

    def figures(self, results: Results) -> Iterator[tuple[str, Figure]]:
        """Yield (cell, figure); the cell is '' where all cells share a figure."""
        cells = results.cells if self.one_cell else [""]
        for cell in cells:
            figure = self.draw(results.only(cell) if self.one_cell else results)
            if figure is not None:
                yield cell, figure


FIGURES = {
    "scores": Drawing(
        "Scores over training",
        "The line is the median over seeds, the band reaches from the worst to the best seed; a "
        "cross marks where a run failed, the dashed line the untrained generator.",
        scores.over_steps,
        "No run has been scored yet.",
    ),
    "final-scores": Drawing(
        "Final scores",
        "Filled points are final scores, hollow ones the best of the same run; runs without a "
        "final score stand at the right edge, they are not dropped.",
        scores.final,
        "No run has been scored yet.",
    ),
    "samples": Drawing(
        "Generated images",
        "All methods of a seed draw from the same latents, so panels differ by method alone; one "
        "seed is an illustration, not evidence.",
        samples.grids,
        "No sample grid has been drawn yet.",
        one_cell=True,
        pixels=True,
    ),
    "singular-values": Drawing(
        "Singular values of the discriminator",
        "Squared singular values of each effective conv weight (out x in * height * width), "
        "divided by the largest: a curve that falls at once uses few directions "
        "(Miyato et al. 2018, Figure 3).",
        spectra.singular_values,
        "No spectra have been recorded yet.",
        one_cell=True,
    ),
    "spreads": Drawing(
        "Spread of singular values over training",
        "The stable rank is the mean of the curve above; the dashed line is that of a Gaussian "
        "random matrix of the same shape, which needs no training.",
        spectra.spreads,
        "No spectra have been recorded yet.",
        one_cell=True,
    ),
    "outcomes": Drawing(
        "Outcomes",
        "Every planned run is counted once, by how it ended.",
        stability.outcomes,
        "No run is planned.",
    ),
    "degradation": Drawing(
        "Degradation",
        "Zero means that a run ended at its best score; points far right got worse again.",
        scores.degradation,
        "No run has been scored yet.",
    ),
    "gradient-norms": Drawing(
        "Gradient norms",
        "Norms of the parameter gradients: growth ends in divergence, decay in a generator that "
        "no longer learns.",
        stability.gradient_norms,
        "No training step has been logged yet.",
    ),
    "input-gradients": Drawing(
        "Input gradients",
        "The local Lipschitz constant of the discriminator's logit at real and generated images "
        "and between them; the largest is a lower bound of the global one.",
        stability.input_gradients,
        "No diagnostics have been recorded yet.",
        one_cell=True,
    ),
    "losses": Drawing(
        "Losses and logits",
        "For diagnosis only, as losses do not compare across methods; an accuracy at the dashed "
        "line is a discriminator at chance. The penalty is shown for methods that have one.",
        stability.losses,
        "No training step has been logged yet.",
        one_cell=True,
    ),
}
