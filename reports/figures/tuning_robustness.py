"""How much of the search space works: the share of trials under a threshold."""

from __future__ import annotations

from matplotlib.figure import Figure

from reports.figures import style
from reports.figures.drawing import Drawing
from reports.figures.share_curves import share_curves
from reports.figures.tuning_axes import score_label
from reports.load.results import Results
from reports.stats.numbers import Numbers


@style.styled
def robustness(results: Results, numbers: Numbers) -> Figure | None:
    """Draw the share of each method's trials that are at least as good as a threshold."""
    tuning, rows = results.tuning, numbers.tuning.shares
    if tuning is None or rows.empty:
        return None
    rows = rows.assign(group="")
    label = score_label(results, tuning, tuning.plan.select.split)
    return share_curves(results, rows, [""], "trials", label, tuning.sign)


ROBUSTNESS = Drawing(
    "tuning-robustness",
    "Robustness to settings",
    "A method whose curve rises further left works at more of its search space. The band is "
    "Wilson's 95% interval over trials; thin lines are the other methods; failed trials are under "
    "no threshold, so they keep a curve below 1.",
    robustness,
    "",
)
