"""How runs went, counted: failure shares, survival and coverage, frame to frame."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from reports.columns import Frame
from reports.frame import Results
from reports.labels import DESCRIPTIONS, FAILURES
from reports.spectrum import last_rows
from reports.stats import groups, median
from runners.store.states import State


def wilson(k: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Return Wilson's 95% interval of a rate of ``k`` in ``n``; all of [0, 1] where n is 0."""
    if n == 0:
        return 0.0, 1.0
    centre = (k + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(k * (n - k) / n + z * z / 4)
    return max(0.0, centre - half), min(1.0, centre + half)


def failure_rates(results: Results) -> Frame:
    """Return one row a cell, method and failure: k of the n runs it could be judged in.

    Returns:
        cell, method, n_planned, failure, k, n, low, high: Wilson's 95% interval of the share.
    """
    rows = []
    for cell, method, runs in groups(results):
        mine = results.outcomes[results.outcomes["run_id"].isin(runs["run_id"])]
        for failure in FAILURES:
            judged = mine[failure].dropna().astype(bool)
            k, n = int(judged.sum()), len(judged)
            low, high = wilson(k, n)
            row = {"cell": cell, "method": method, "n_planned": len(runs), "failure": failure}
            rows.append(row | {"k": k, "n": n, "low": low, "high": high})
    columns = ["cell", "method", "n_planned", "failure", "k", "n", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def survival(results: Results) -> Frame:
    """Return the share of runs that have not failed yet, Kaplan and Meier's (1958) estimate.

    A run fails where it stops being finite, or where its FID collapses for good. One that did
    neither is known to have survived up to its last step, and says nothing of later ones.

    Returns:
        cell, method, n, step, share, failed, censored: one row a step at which a run failed or
        was last seen, after one at step 0.
    """
    rows = []
    for cell, method, runs in groups(results):
        mine = _times(results.outcomes[results.outcomes["run_id"].isin(runs["run_id"])], runs)
        rows += [{"cell": cell, "method": method, **row} for row in _product_limit(mine)]
    columns = ["cell", "method", "n", "step", "share", "failed", "censored"]
    return pd.DataFrame(rows, columns=columns)


def _times(outcomes: Frame, runs: Frame) -> list[tuple[int, bool]]:
    states = dict(zip(runs["run_id"], runs["state"], strict=True))
    times = []
    for row in outcomes.itertuples():
        collapsed = not math.isnan(row.collapse_step)
        end = row.collapse_step if collapsed else row.observed_until
        times.append((int(end), collapsed or states[row.run_id] == State.DIVERGED))
    return times


def _product_limit(times: list[tuple[int, bool]]) -> list[dict[str, Any]]:
    if not times:
        return []
    share = 1.0
    rows = [{"n": len(times), "step": 0, "share": 1.0, "failed": 0, "censored": 0}]
    for step in sorted({step for step, _ in times}):
        at_risk = sum(end >= step for end, _ in times)
        failed = sum(end == step and fails for end, fails in times)
        left = sum(end == step and not fails for end, fails in times)
        share *= 1 - failed / at_risk
        row = {"step": step, "share": share, "failed": failed, "censored": left}
        rows.append({"n": len(times), **row})
    return rows


def courses(results: Results) -> Frame:
    """Return medians over seeds of the FID area, its final over best, and collapse steps."""
    rows = []
    for cell, method, runs in groups(results):
        mine = results.outcomes[results.outcomes["run_id"].isin(runs["run_id"])]
        rows.append({
            "cell": cell,
            "method": method,
            "fid_area": median(mine["fid_area"]),
            "fid_ratio": median(mine["fid_ratio"]),
            "collapse_steps": sorted(mine["collapse_step"].dropna().astype(int)),
            "n": int(mine["fid_area"].notna().sum()),
        })  # fmt: skip
    return pd.DataFrame(rows)


def coverage(results: Results) -> Frame:
    """Return the last score row of each run that describes its samples, empty where none does."""
    columns = [column for column in DESCRIPTIONS if column in results.scores]
    measured = results.scores.dropna(subset=columns, how="all") if columns else results.scores[:0]
    return last_rows(measured[measured["step"] > 0])
