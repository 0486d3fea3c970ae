"""Performance profiles: how often a method's time to the target is near the best of all.

Reference: Dolan & More 2002 (arXiv cs/0102001), scored as by AlgoPerf, Dahl et al. 2023
(arXiv 2306.07179), section 4.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from reports.load.columns import Frame
from reports.stats.spreads import median
from reports.stats.targets import MEASURES

TAU_MAX = 4.0


def ratios(times: np.ndarray) -> np.ndarray:
    """Return each time over the best on its workload, infinite where the target was not reached.

    Args:
        times: (methods, workloads), infinite for never.
    """
    best = times.min(axis=0)
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(times), times / best, math.inf)


def profile(ratios: Sequence[float], tau: float) -> float:
    """Return rho(tau): the share of workloads whose ratio is at most tau."""
    return float(np.mean(np.asarray(ratios) <= tau))


def profile_score(ratios: Sequence[float], tau_max: float = TAU_MAX) -> float:
    """Return the integral of rho from 1 to tau_max, over tau_max - 1: 1 for the best everywhere.

    A workload of ratio r adds its share to rho from r on, so to the integral tau_max - r.
    """
    within = np.clip(tau_max - np.asarray(ratios, float), 0.0, None)
    return float(np.mean(within) / (tau_max - 1))


def workload_times(times: Frame, workload: str) -> dict[str, Frame]:
    """Return the times of every method on every workload, by measure.

    Args:
        times: the rows of :func:`reports.stats.targets.times_to_target` that are compared.
        workload: the column that tells workloads apart: ``seed`` or ``cell``.

    Returns:
        Frames with a row per method and a column per workload on which every method has a
        result; the median of a workload's runs.
    """
    found = {}
    for measure in MEASURES:
        groups = times.groupby(["method", times[workload].astype(object)], observed=True)[measure]
        found[measure] = groups.agg(_middle).unstack().dropna(axis=1)
    return found


def _middle(values: Frame) -> float:
    """Return the median, missing where any run has no result."""
    return math.nan if values.isna().any() else median(values)


def profiles(tables: Mapping[str, Frame]) -> tuple[Frame, Frame]:
    """Return the profiles of all methods, and their scores.

    Args:
        tables: of :func:`workload_times`.

    Returns:
        measure, method, tau, share: at 1, at every ratio below TAU_MAX and there;
        and measure, method, workloads, reached, score.
    """
    curves, scores = [], []
    for measure, table in tables.items():
        if table.empty:
            continue
        found = ratios(table.to_numpy(float))
        inside = found[(found > 1) & (found < TAU_MAX)]
        for method, mine in zip(table.index, found, strict=True):
            taus = [1.0, *np.unique(inside).tolist(), TAU_MAX]
            curves += [(measure, method, tau, profile(mine, tau)) for tau in taus]
            reached = int(np.isfinite(mine).sum())
            scores.append((measure, method, len(mine), reached, profile_score(mine)))
    return (
        pd.DataFrame(curves, columns=["measure", "method", "tau", "share"]),
        pd.DataFrame(scores, columns=["measure", "method", "workloads", "reached", "score"]),
    )
