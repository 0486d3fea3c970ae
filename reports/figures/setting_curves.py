"""How many of a grid's runs are good enough, over all its optimiser settings."""

from __future__ import annotations

from matplotlib.figure import Figure

from reports.figures import style
from reports.figures.drawing import Drawing
from reports.figures.score_axes import axis_label
from reports.figures.share_curves import share_curves
from reports.load.results import Results
from reports.stats.numbers import Numbers


@style.styled
def setting_curves(results: Results, numbers: Numbers) -> Figure | None:
    """Draw the share of each method's runs, over all settings, under a threshold."""
    shares = numbers.setting_shares
    if shares.empty:
        return None
    score = results.score_columns[0]
    rows = shares.assign(group=shares["rest"])
    label = axis_label(score, numbers.scores, results)
    groups = list(dict.fromkeys(numbers.settings["rest"]))
    return share_curves(results, rows, groups, "runs", label, score.sign)


SETTING_CURVES = Drawing(
    "setting-curves",
    "Share of runs that are good enough",
    "Each run is one seed in one setting; a curve that rises where scores are better, and further, "
    "is of a method that works in more of them. The band reaches from the seed with the lowest "
    "share of its settings to the one with the highest. It is no confidence interval: runs of one "
    "setting are not independent, and the settings are no sample of any others. Diverged runs are "
    "under no threshold, so they keep a curve below 1; crashed ones do not count; thin "
    "lines are the other methods.",
    setting_curves,
    "",
)
