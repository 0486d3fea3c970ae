"""Figures: functions from results to a Figure, or None where there is nothing to draw."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from matplotlib.figure import Figure

from reports.figures import lipschitz, samples, scores, spectra, stability, surface
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
    "samples": Drawing(
        "Last grids drawn",
        "All methods of a seed draw from the same latents, so panels differ by method alone; one "
        "seed is an illustration, not evidence.",
        samples.grids,
        "No sample grid has been drawn yet.",
        one_cell=True,
        pixels=True,
    ),
    "surfaces": Drawing(
        "D over the plane",
        "The logit of the trained discriminator, each on a scale of its own, with real and "
        "generated data on top; one seed is an illustration, not evidence.",
        surface.surfaces,
        "No run of data in the plane has ended yet.",
        one_cell=True,
        pixels=True,
    ),
    "scores": Drawing(
        "Scores over training",
        "The line is the median over seeds, the band reaches from the worst to the best seed; a "
        "cross marks where a run failed, the dashed line the untrained generator, the dotted one "
        "held-out real data against the same reference. Their number n may differ from that of "
        "the runs, and FID is biased upwards where n is small.",
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
    "degradation": Drawing(
        "Degradation",
        "Zero means that a run ended at its best score; points far right got worse again.",
        scores.degradation,
        "No run has been scored yet.",
    ),
    "coverage": Drawing(
        "Coverage over training",
        "What describes the samples and ranks no method: the classes they fall into and how far "
        "the shares of their labels are from the real ones, how much of the real data they reach, "
        "or how many lie near a mode.",
        scores.coverage,
        "These runs did not record coverage.",
    ),
    "outcomes": Drawing(
        "Outcomes",
        "Every planned run is counted once, by how it ended.",
        stability.outcomes,
        "No run is planned.",
    ),
    "survival": Drawing(
        "Survival",
        "A run fails at the step where it stops being finite, or from which its FID stays "
        "degraded until the end, whichever is first; a run that did neither is followed to its "
        "last step (Kaplan-Meier). Curves that coincide are drawn on top of each other, the "
        "narrower above the wider.",
        stability.survival,
        "No run has begun yet.",
    ),
    "gradient-norms": Drawing(
        "Gradient norms",
        "Norms of the parameter gradients: growth ends in divergence, decay in a generator that "
        "no longer learns.",
        stability.gradient_norms,
        "No training step has been logged yet.",
    ),
    "singular-values": Drawing(
        "Singular values at the last step",
        "Squared singular values of each effective conv weight (out x in * height * width; of "
        "linear weights, but the head's, where there is no conv layer), divided by the largest: a "
        "curve that falls at once uses few directions "
        "(Miyato et al. 2018, Figure 3). The dashed curve is a large Gaussian random matrix of "
        "the same shape, which needs no training.",
        spectra.singular_values,
        "No spectra with more than one singular value have been recorded yet.",
        one_cell=True,
    ),
    "spreads": Drawing(
        "Spread over training",
        "The stable rank is the mean of the curve above; the dashed line is that of the Gaussian "
        "random matrix.",
        spectra.spreads,
        "No spectra with more than one singular value have been recorded yet.",
        one_cell=True,
    ),
    "norms": Drawing(
        "Two norms of each layer",
        "The sigma of the reshaped kernel (what spectral norm constrains) is not the operator "
        "norm of the convolution, the factor by which the layer can stretch an image at its real "
        "size, stride and padding. The latter is at least sigma and at most ceil(k/s) times it, "
        "for a square kernel of size k and stride s. For a linear layer all are one.",
        spectra.norms,
        "These runs did not record operator norms.",
        one_cell=True,
    ),
    "bounds": Drawing(
        "Bounds over training",
        "D's true Lipschitz constant lies in the coloured band, on one scale for all methods. "
        "Below it is the largest input gradient found, above it the product of the operator norms "
        "of all layers and the constants of the activations.",
        lipschitz.bounds,
        "These runs did not record bounds.",
        one_cell=True,
    ),
    "input-gradients": Drawing(
        "Input gradients",
        "The local Lipschitz constant of the discriminator's logit at real and generated data "
        "and between them.",
        lipschitz.input_gradients,
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
