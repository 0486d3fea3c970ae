"""How a method does in every optimiser setting of a grid: where each cell stands, and which share
of its runs is good enough.

Nothing here is inferred about other settings: those of a grid are chosen, and no random sample.

Reference: Figures 1 and 2 of Miyato et al. 2018 (arXiv 1802.05957), over the settings of Table 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from reports.load.columns import Frame
from reports.load.labels import label_of
from reports.load.planned import Planned
from reports.load.results import Results
from reports.load.settings import N_DIS, NAMED_SETTING, OPTIMISER, is_of, varying
from reports.stats.robustness import counts_below, thresholds_of
from runners.store.states import State

REACHED = (25, 50, 75)
"""Percentages of a method's runs, at which its curve is read."""
FAILED = (State.DIVERGED, State.CRASHED, State.DAMAGED)
PLACE_COLUMNS = ("cell", "setting", "rest")
MEDIAN_COLUMNS = ("method", "setting", "rest", "ranked_median", "failed", "all_failed")
SHARE_COLUMNS = ("rest", "method", "threshold", "k", "n", "share", "low", "high")


def has_settings(results: Results) -> bool:
    """Whether a grid was scored in several settings of the optimiser."""
    return bool(results.score_columns) and not setting_places(results).empty


def _optimiser_axes(results: Results) -> list[str]:
    return [
        axis
        for axis in results.axes
        if axis in (NAMED_SETTING, N_DIS) or axis.split(".")[0] == OPTIMISER
    ]


def setting_places(results: Results) -> Frame:
    """Return where each cell stands: in which optimiser setting, and what else it is.

    Args:
        results: of a grid.

    Returns:
        cell; setting: its name, A to F, where an axis names it, else its swept fields;
        rest: what the other axes say of the cell, '' without others. Without rows where no axis
        sweeps the optimiser, or to one value only.
    """
    none = pd.DataFrame(columns=list(PLACE_COLUMNS))
    optimiser = _optimiser_axes(results)
    if results.tuning or not optimiser:
        return none
    runs = {run_id: results.plans[run_id] for run_id in results.runs["run_id"]}
    told = dict(_told(runs, optimiser, results.axes))
    cells = results.runs.drop_duplicates("cell")[["run_id", "cell"]].to_dict("records")
    rows = [(str(row["cell"]), *told[row["run_id"]]) for row in cells]
    found = pd.DataFrame(rows, columns=list(PLACE_COLUMNS))
    return found if len(set(found["setting"])) > 1 else none


def _told(
    runs: Mapping[str, Planned], optimiser: list[str], axes: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each run's id, and its setting and what else the axes say of it."""
    others = [axis for axis in axes if axis not in optimiser]
    named = NAMED_SETTING in optimiser and all(run.setting for run in runs.values())
    for run_id, varied in varying(runs).items():
        setting = {key: value for key, value in varied.items() if is_of(key, optimiser)}
        rest = {key: value for key, value in varied.items() if is_of(key, others)}
        name = str(runs[run_id].setting) if named else label_of(setting)
        yield run_id, (name, label_of(rest))


def setting_medians(summary: Frame, endings: Frame, places: Frame, sign: float) -> Frame:
    """Return how every method did in every setting.

    Args:
        summary: the rows of ``score_summary`` of one score.
        endings: the rows of ``summary``.
        places: the rows of :func:`setting_places`.
        sign: what makes lower values of the score better.

    Returns:
        The rows of the score's summary; setting and rest, as in places; ranked_cost: the ranked
        median with lower always better; failed: how many runs ended without a final score;
        all_failed: whether all planned ones did.
    """
    if summary.empty or places.empty:
        return pd.DataFrame(columns=list(MEDIAN_COLUMNS))
    keys = ["cell", "method"]
    failed = endings.assign(failed=endings[[state.value for state in FAILED]].sum(axis=1))
    rows = summary.merge(places, on="cell").merge(failed[[*keys, "failed"]], on=keys)
    return rows.assign(
        ranked_cost=sign * rows["ranked_median"], all_failed=rows["failed"] == rows["n_planned"]
    )


def setting_shares(scores: Frame, places: Frame) -> Frame:
    """Return which share of a method's runs, over all settings, is as good as each threshold.

    The share has no confidence interval: runs of one setting go together, so Wilson's would take
    them for more than they are, and a bootstrap of settings would speak of settings that nobody
    drew. What there is of it is one share per seed, over the settings, of which this has the
    lowest and the highest.

    Args:
        scores: the rows of ``run_scores`` of one score.
        places: the rows of :func:`setting_places`.

    Returns:
        rest; method; threshold: a cost, each that some run of the same rest has; k of n runs at
        or below it, diverged ones never, of those that finished or diverged; share; low, high: of
        the seed with the lowest and with the highest share.
    """
    ranked = scores.merge(places, on="cell").dropna(subset=["cost"])
    rows = [
        row
        for rest, group in ranked.groupby("rest", sort=False)
        for method, mine in group.groupby("method", observed=True)
        for row in _shares(mine, thresholds_of(group["cost"]), (rest, method))
    ]
    frame = pd.DataFrame(rows, columns=list(SHARE_COLUMNS))
    return frame.astype({"method": scores["method"].dtype})


def _shares(runs: Frame, thresholds: np.ndarray, names: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    counts, n = counts_below(runs["cost"], thresholds), len(runs)
    seeds = np.array(
        [
            counts_below(mine["cost"], thresholds) / len(mine)
            for _, mine in runs.groupby("seed", observed=True)
        ]
    )
    ranges = zip(seeds.min(axis=0).tolist(), seeds.max(axis=0).tolist(), strict=True)
    found = zip(thresholds.tolist(), counts.tolist(), ranges, strict=True)
    return [(*names, threshold, k, n, k / n, *ends) for threshold, k, ends in found]


def setting_totals(medians: Frame, shares: Frame) -> Frame:
    """Return what each method reaches over all settings.

    Args:
        medians: the rows of :func:`setting_medians`.
        shares: the rows of :func:`setting_shares`.

    Returns:
        rest, method, protocol; final_n, n_planned, failed: of all settings; best, worst: the
        lowest and the highest cost of a setting's median, infinite where that failed;
        reached_25, reached_50, reached_75: the cost that such a percentage of runs is at or below.
    """
    rows = []
    for (rest, method), mine in medians.groupby(["rest", "method"], observed=True, sort=False):
        known = shares[(shares["rest"] == rest) & (shares["method"] == method)]
        row = {
            "rest": rest,
            "method": method,
            "protocol": next(iter(mine["protocol"].dropna()), None),
            **mine[["final_n", "n_planned", "failed"]].sum().to_dict(),
            "best": mine["ranked_cost"].min(),
            "worst": mine["ranked_cost"].max(),
        }
        row |= {f"reached_{part}": best_share(known, part / 100) for part in REACHED}
        rows.append(row)
    return pd.DataFrame(rows)


def best_share(shares: Frame, share: float) -> float:
    """Return the lowest cost that so many of a method's runs are at or below.

    Args:
        shares: the rows of :func:`setting_shares` of one method and rest.
        share: of its runs, above 0.

    Returns:
        Infinite where fewer have a score, NaN without any run.
    """
    enough = shares.loc[shares["share"] >= share, "threshold"]
    return float(enough.min()) if len(enough) else math.inf if len(shares) else math.nan
