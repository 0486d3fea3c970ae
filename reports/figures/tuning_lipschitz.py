"""Score against the measured Lipschitz constant of D, every trial run an interval."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.figures import panels, style
from reports.figures.drawing import Drawing
from reports.figures.tuning_axes import failed_at_edge, failed_key, score_label
from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers


@style.styled
def lipschitz(results: Results, numbers: Numbers) -> Figure | None:  # noqa: ARG001
    """Draw every trial run's score over the bounds of D's Lipschitz constant."""
    tuning, trials = results.tuning, results.trials
    bounded = trials[trials["lipschitz_lower"] > 0]
    if tuning is None or bounded["score"].isna().all():
        return None
    figure, axes = panels.panels(1, 1, 8.5, 4.6)
    ax = axes[0, 0]
    for method in results.methods:
        _runs(ax, bounded[bounded["method"] == method], style.looks(results)[method])
    drawn = pd.concat([bounded["lipschitz_lower"], bounded["lipschitz_upper"]])
    panels.logarithmic(ax, drawn, axis="x")
    if (bounded["score"].dropna() > 0).all():
        panels.logarithmic(ax, bounded["score"])
    ax.set_xlabel("Lipschitz constant of D at the end: from lower to upper bound")
    ax.set_ylabel(score_label(results, tuning, tuning.plan.select.split))
    panels.title(figure, "Score and Lipschitz constant: every trial run")
    panels.legend(figure, results, [failed_key("failed run")], points=True)
    return figure


def _runs(ax: Axes, runs: Frame, look: style.Look) -> None:
    scored = runs[runs["score"].notna()]
    ends = scored["lipschitz_lower"], scored["lipschitz_upper"]
    ax.hlines(scored["score"], *ends, color=look.colour, linewidth=0.8, alpha=0.4)
    ax.plot(ends[0], scored["score"], markersize=5, alpha=0.85, **look.points)
    ax.plot(ends[1], scored["score"], "|", color=look.colour, markersize=6, alpha=0.6)
    failed = runs.loc[runs["cost"] == float("inf"), "lipschitz_lower"]
    failed_at_edge(ax, failed.tolist(), look.colour)


LIPSCHITZ = Drawing(
    "tuning-lipschitz",
    "Score and Lipschitz constant",
    "The point of a run is the largest input gradient found at its last diagnosed step, the mark "
    "at the end of its line the product of norms, where that is defined: the true constant lies "
    "between. Failed runs stand at the upper edge, over their lower bound.",
    lipschitz,
    "",
)
