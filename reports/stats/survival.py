"""How long runs go on without failing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from scipy.stats import CensoredData, ecdf

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.spreads import groups
from runners.store.states import State


def survival(results: Results) -> Frame:
    """Return the share of runs that have not failed yet, Kaplan and Meier's (1958) estimate.

    A run fails where it stops being finite, or where its score collapses for good. One that did
    neither is known to have survived up to its last step, and says nothing of later ones.

    Returns:
        cell, method, n, step, share, failed, censored: one row per step at which a run failed
        or was last seen, after one at step 0.
    """
    rows = []
    for cell, method, runs in groups(results):
        mine = _times(results.outcomes[results.outcomes["run_id"].isin(runs["run_id"])], runs)
        rows += [{"cell": cell, "method": method, **row} for row in product_limit(mine)]
    columns = ["cell", "method", "n", "step", "share", "failed", "censored"]
    return pd.DataFrame(rows, columns=columns)


def _times(outcomes: Frame, runs: Frame) -> list[tuple[int, bool]]:
    """Return (step, whether it failed there) of every run that began."""
    states = dict(zip(runs["run_id"], runs["state"], strict=True))
    times = []
    for row in outcomes.itertuples():
        collapsed = not math.isnan(row.collapse_step)
        end = row.collapse_step if collapsed else row.observed_until
        times.append((int(end), collapsed or states[row.run_id] == State.DIVERGED))
    return times


def product_limit(times: Sequence[tuple[int, bool]]) -> list[dict[str, Any]]:
    """Return the steps of the survival function, by scipy.

    Args:
        times: for each run the step it was last seen at, and whether it failed there.

    Returns:
        n, step, share, failed and censored, as in :func:`survival`.
    """
    if not times:
        return []
    failed = [step for step, fails in times if fails]
    censored = [step for step, fails in times if not fails]
    estimate = ecdf(CensoredData(uncensored=failed, right=censored)).sf
    rows = [{"n": len(times), "step": 0, "share": 1.0, "failed": 0, "censored": 0}]
    for step, share in zip(estimate.quantiles, estimate.probabilities, strict=True):
        seen = {"failed": failed.count(step), "censored": censored.count(step)}
        rows.append({"n": len(times), "step": int(step), "share": float(share), **seen})
    return rows
