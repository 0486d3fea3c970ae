"""What scores stand between: those of held-out real data, and of the untrained generator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.protocols import same_reference, samples_scored
from reports.load.results import Results
from reports.load.score_columns import Judging
from reports.stats.spreads import spread

REAL, UNTRAINED = "held-out real data", "untrained generator"
COLUMNS = (
    "cell", "kind", "metric", "protocol", "n", "n_runs", "value_n", "value_median", "value_q25",
    "value_q75", "value_iqr", "value_min", "value_max", "total",
)  # fmt: skip


def references(results: Results, scores: Frame) -> Frame:
    """Return one row per cell, kind of reference and score.

    Args:
        results: of a grid.
        scores: the rows of ``run_scores``.

    Returns:
        cell, metric; kind: REAL or UNTRAINED; protocol and n: how it was scored, and how many
        data; n_runs: how many a run generates;
        value_*: over the floors recorded, or over all runs' scores at step 0; total: what a
        count is out of.
    """
    scored = scores.dropna(subset="protocol")
    groups = scored.groupby(["cell", "metric"], observed=True, sort=False)
    rows = [row for (cell, metric), runs in groups for row in _rows(results, cell, metric, runs)]
    kinds = pd.CategoricalDtype([REAL, UNTRAINED], ordered=True)
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"kind": kinds})
    return frame.sort_values(["cell", "kind"], kind="stable", ignore_index=True)


def _rows(results: Results, cell: str, metric: str, runs: Frame) -> Iterator[dict[str, Any]]:
    protocol = runs["protocol"].iloc[0]
    key = {"cell": cell, "metric": metric, "n_runs": samples_scored(protocol)}
    key["total"] = runs["total"].max()
    for held_out, values in _floors(results, cell, metric, protocol):
        yield _row(key, REAL, held_out, values)
    if runs["initial"].notna().any():
        yield _row(key, UNTRAINED, protocol, runs["initial"])


def _floors(results: Results, cell: str, metric: str, protocol: str) -> Iterator[tuple[str, Any]]:
    """Yield (protocol, values) of the held-out data that were held against the runs' reference."""
    if metric not in results.floors:
        return
    mine = results.floors[results.floors["cell"] == cell].dropna(subset=metric)
    for held_out, floors in mine.groupby("protocol", sort=False):
        if same_reference(str(held_out), protocol):
            yield str(held_out), floors[metric]


def _row(key: dict[str, Any], kind: str, protocol: str, values: Any) -> dict[str, Any]:
    own = {"kind": kind, "protocol": protocol, "n": samples_scored(protocol)}
    return key | own | spread(values, "value")


def reference_name(row: Any) -> str:
    """Return what a row is called: real data with their number, on which scores depend."""
    if row["kind"] == REAL:
        return f"{REAL} (n = {row['n']})"
    return f"{UNTRAINED} (step 0)"


def floor_notes(found: Frame, judged: Judging) -> list[str]:
    """Say where real and generated data were scored in different numbers.

    Args:
        found: the rows of :func:`references`.
        judged: the score that runs are judged by, which may be biased.
    """
    real = found[found["kind"] == REAL].drop_duplicates(["cell", "n"])
    return [
        f"{row['cell'] + ': ' if row['cell'] else ''}{row['n']} held-out real data were scored, "
        f"against {row['n_runs']} generated ones of each run. Scores depend on that number"
        f"{judged.biased('it')}, so the two are not exactly comparable."
        for row in real.to_dict("records")
        if row["n"] != row["n_runs"]
    ]
