"""How much of the search space works: the share of trials under a threshold."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.figures import panels, style
from reports.figures.drawing import Drawing
from reports.figures.tuning_axes import score_label
from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers


@style.styled
def robustness(results: Results, numbers: Numbers) -> Figure | None:
    """Draw the share of each method's trials that are at least as good as a threshold."""
    tuning, rows = results.tuning, numbers.tuning.shares
    if tuning is None or rows.empty:
        return None
    figure, axes = panels.grid(len(results.methods), 3, 3.4, 2.7, sharey=True)
    rows = rows.assign(threshold=tuning.sign * rows["threshold"])
    for ax, method in zip(axes.flat, results.methods, strict=False):
        for other in results.methods:
            mine = rows[rows["method"] == other]
            _share(ax, mine, style.palette(results)[other], front=other == method)
        panels.log_if_wide(ax, rows["threshold"], axis="x")
        ax.set(title=method, ylim=(-0.03, 1.03))
    for ax in axes[:, 0]:
        ax.set_ylabel("share of trials")
    figure.supxlabel(f"threshold: {score_label(results, tuning, tuning.plan.select.split)}",
                     fontsize=10.5)  # fmt: skip
    panels.title(figure, "Robustness: share of trials at least as good as a threshold")
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


ROBUSTNESS = Drawing(
    "tuning-robustness",
    "Robustness to settings",
    "A method whose curve rises further left works at more of its search space. The band is "
    "Wilson's 95% interval over trials; thin lines are the other methods; failed trials are under "
    "no threshold, so they keep a curve below 1.",
    robustness,
    "",
)
