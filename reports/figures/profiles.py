"""Performance profiles: how near each method is to the fastest, on how many workloads."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.figures import panels, style
from reports.figures.drawing import Drawing
from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.stats.profiles import TAU_MAX


@style.styled
def profiles(results: Results, numbers: Numbers) -> Figure | None:
    """Draw the share of workloads on which a method is within a factor of the fastest."""
    rows = numbers.times.profiles
    if rows.empty:
        return None
    measures = rows["measure"].unique()
    figure, axes = panels.panels(1, len(measures), 4.9, 3.4, sharey=True)
    for ax, measure in zip(axes.flat, measures, strict=True):
        _curves(ax, rows[rows["measure"] == measure], results)
        ax.set(xlabel=f"{measure} to the target, over the fastest's", xlim=(0.95, TAU_MAX))
    axes[0, 0].set(ylabel=f"share of workloads ({numbers.times.workloads}s)", ylim=(-0.04, 1.08))
    panels.title(figure, "Performance profiles", numbers.times.compared)
    panels.legend(figure, results)
    return figure


def _curves(ax: Axes, rows: Frame, results: Results) -> None:
    """Draw wide lines below narrow ones, so that curves that coincide stay visible."""
    present = [method for method in results.methods if (rows["method"] == method).any()]
    for place, method in enumerate(present):
        mine, look = rows[rows["method"] == method], style.looks(results)[method]
        width = 1.4 + 3.6 * (len(present) - 1 - place) / max(1, len(present) - 1)
        ax.plot(mine["tau"], mine["share"], drawstyle="steps-post", linewidth=width,
                solid_capstyle="butt", dash_capstyle="butt", **look.line)  # fmt: skip


PROFILES = Drawing(
    "profiles",
    "Performance profiles",
    "A curve's height at 1 is how often the method was the fastest to the target named above, at "
    "2 how often it needed at most twice as long; a run that failed or never got there is at no "
    "factor. The score in the table below is the area under the curve from 1 to 4, over 3 "
    "(AlgoPerf, Dahl et al. 2023). Curves that coincide are drawn on top of each other, the "
    "narrower above the wider.",
    profiles,
    "",
)
