"""Every planned run in one row, to compute with."""

from __future__ import annotations

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from runners.failures import FAILURES


def run_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per planned run: scores, with the whole protocol in the header, and failures.

    Returns:
        The columns of ``runs`` but the traceback; of each score and its other splits initial and
        final, of those that carry claims also best and best_step, and of the one that runs are
        judged by the area: its mean over training; every failure; collapse_step.
    """
    table, judged = results.runs.drop(columns="traceback"), results.outcomes.set_index("run_id")
    means = numbers.over_training.set_index("run_id")["mean"]
    claims = [score.column for score in results.score_columns]
    for (metric, protocol), mine in numbers.every_score.groupby(["metric", "protocol"], sort=False):
        header = results.columns.by_name[str(metric)].header(str(protocol))
        names = ["initial", "final"] + ["best", "best_step"] * (metric in claims)
        columns = {name: f"{header} {name}" for name in names}
        wide = mine.set_index("run_id")[list(columns)].rename(columns=columns)
        if metric == results.judged.claim.column:
            wide[f"{header} area"] = means.reindex(wide.index)
        table = table.join(wide, on="run_id")
    return table.join(judged[[*FAILURES, "collapse_step"]], on="run_id")
