"""The best of k trials that one may expect."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reports.figures import panels, style
from reports.figures.drawing import Drawing
from reports.figures.tuning_axes import score_label
from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers


@style.styled
def expected_best(results: Results, numbers: Numbers) -> Figure | None:
    """Draw the expected score of the trial that a search of k trials chooses."""
    tuning, rows = results.tuning, numbers.tuning.expected_best
    finite = rows[np.isfinite(rows["cost"].astype(float))]
    if tuning is None or finite.empty:
        return None
    figure, axes = panels.panels(1, 2, 4.9, 3.6)
    splits = {"cost": tuning.plan.select.split, "test_cost": numbers.tuning.claimed}
    for ax, (column, split) in zip(axes.flat, splits.items(), strict=True):
        _curves(ax, finite.assign(value=tuning.sign * finite[column]), results)
        ax.set(xlabel="trials of the search, k", ylabel=score_label(results, tuning, split))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0, 0].set_title("of the best of k")
    axes[0, 1].set_title("of the trial that was best on validation")
    panels.title(figure, "Expected score after k trials")
    panels.legend(figure, results)
    return figure


def _curves(ax: Axes, rows: Frame, results: Results) -> None:
    for method in results.methods:
        mine = rows[rows["method"] == method]
        look = style.looks(results)[method].key
        ax.plot(mine["k"], mine["value"], **{**look, "markersize": 5})
    panels.log_if_wide(ax, rows["value"])


EXPECTED_BEST = Drawing(
    "tuning-expected-best",
    "Expected best of k trials",
    "The mean over all choices of k of the trials, so the curves say what a smaller search would "
    "have ended with (the unbiased estimator of Tang et al. 2020). A curve begins where no choice "
    "of k consists of failed trials alone: below that the expectation is infinite.",
    expected_best,
    "",
)
