"""What figures of a tuned grid share: axis labels, and runs that have no score."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.transforms import blended_transform_factory

from reports.figures.style import Colour
from reports.load.protocols import extractors
from reports.load.results import Results
from reports.load.score_columns import Score
from reports.load.tuning import Tuning

UPPER_EDGE, LOWER_EDGE = 0.98, 0.02  # of a panel's height


def score_label(results: Results, tuning: Tuning, split: str) -> str:
    """Return an axis label of the score that winners were chosen by, against a split.

    Args:
        results: of the grid.
        tuning: its search.
        split: of the data that it is computed against; '' for the training images.
    """
    title = f"{tuning.title} on {split}" if split else tuning.title
    known = extractors([*results.trials["protocol"].dropna(), *results.scores["protocol"]])
    score = Score(tuning.base, tuning.base, title, tuning.plan.select.lower_is_better)
    return score.axis(dict.fromkeys(known.values()))


def failed_at_edge(
    ax: Axes, places: Sequence[float], colour: Colour, height: float = UPPER_EDGE
) -> None:
    """Mark at an edge of a panel where something failed, which has no height there.

    Args:
        ax: the panel.
        places: along its other axis.
        colour: of the marks.
        height: the worst one, as a share of the panel's.
    """
    if places:  # a line without points would upset the layout
        edge = blended_transform_factory(ax.transData, ax.transAxes)
        look = {"color": colour, "mec": "black", "markersize": 7, "clip_on": False}
        ax.plot(places, [height] * len(places), "X", transform=edge, **look)


def failed_key(label: str) -> Line2D:
    """Return the entry of a legend for what has no score."""
    return Line2D([], [], linestyle="none", color="black", marker="X", label=label)
