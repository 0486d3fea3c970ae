"""The share of runs at least as good as a threshold: one panel per method, the others behind it."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.figures import panels, style
from reports.load.columns import Frame
from reports.load.results import Results


def share_curves(
    results: Results, rows: Frame, groups: Sequence[str], what: str, threshold: str
) -> Figure:
    """Draw the curves of every group, each in panels of its own.

    Args:
        results: of the grid.
        rows: group, method, threshold in the units of the score, share, low, high.
        groups: of the rows, in order; '' is one without a name.
        what: the shares are of.
        threshold: what thresholds are of.
    """
    places = [(group, method) for group in groups for method in results.methods]
    figure, axes = panels.grid(len(places), 3, 3.4, 2.7, sharey=True)
    for ax, (group, method) in zip(axes.flat, places, strict=False):
        together = rows[rows["group"] == group]
        for other in results.methods:
            mine = together[together["method"] == other]
            _share(ax, mine, style.palette(results)[other], front=other == method)
        panels.log_if_wide(ax, together["threshold"], axis="x")
        panels.panel_title(ax, method, group)
        ax.set(ylim=(-0.03, 1.03))
    for ax in axes[:, 0]:
        ax.set_ylabel(f"share of {what}")
    figure.supxlabel(f"threshold: {threshold}", fontsize=10.5)
    panels.title(figure, f"Robustness: share of {what} at least as good as a threshold")
    return figure


def _share(ax: Axes, rows: Frame, colour: style.Colour, front: bool) -> None:
    """Draw a method in front with its band, or another behind it."""
    where = {"drawstyle": "steps-post", "color": colour}
    if not front:
        ax.plot(rows["threshold"], rows["share"], linewidth=0.8, alpha=0.45, **where)
        return
    band = {"step": "post", "color": colour, "alpha": 0.15, "linewidth": 0}
    ax.fill_between(rows["threshold"], rows["low"], rows["high"], **band)
    ax.plot(rows["threshold"], rows["share"], linewidth=2.2, zorder=3, **where)
