"""What describes samples, over training."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reports.figures import lines, panels, style
from reports.figures.drawing import Drawing
from reports.figures.score_axes import axis_label
from reports.load.columns import Frame
from reports.load.results import Results
from reports.load.score_columns import Score
from reports.stats.numbers import Numbers
from reports.stats.over_seeds import Curves


@style.styled
def description_curves(results: Results, numbers: Numbers) -> Figure | None:
    """Draw what describes the samples over generator steps, and where mode collapse begins."""
    shown = results.with_numbers(results.description_columns)
    if not shown:
        return None
    figure, places = panels.facets(results, shown)
    for ax, cell, score in places:
        curves = numbers.score_curves.of(score.column, cell=cell)
        lines.progress(ax, curves, results, log=False)
        rows = results.scores[results.scores["cell"] == cell]
        ax.set_ylabel(axis_label(score, rows, results))
        _scale(ax, curves, score)
        _limit(ax, rows, score)
        panels.panel_title(ax, "", cell)
    panels.title(figure, "Coverage over training: median and range over seeds")
    limit = Line2D([], [], label="mode collapse beyond this line", **style.REFERENCE)
    limited = any(score.limit is not None for score in shown)
    panels.legend(figure, results, [limit] if limited else [])
    return figure


def _scale(ax: Axes, curves: Curves, score: Score) -> None:
    if score.lower_is_better:
        lines.log_if_wide(ax, curves)
    else:
        ax.set_ylim(0, None)


def _limit(ax: Axes, rows: Frame, score: Score) -> None:
    """Draw the limit of mode collapse; of a count it is a share of its total."""
    if score.limit is not None:
        total = rows[score.total].max() if score.total in rows else 1
        ax.axhline(score.limit * total, **style.REFERENCE)


DESCRIPTIONS = Drawing(
    "descriptions",
    "Coverage over training",
    "What describes the samples and ranks no method: the classes they fall into and how far "
    "the shares of their labels are from the real ones, how much of the real data they reach, "
    "or how many lie near a mode.",
    description_curves,
    "These runs did not record coverage.",
)
