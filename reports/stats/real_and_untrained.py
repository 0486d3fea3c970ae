"""What scores stand between: held-out real data, copies of training images, and no training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.floors import MEMORISER, REAL
from reports.load.protocols import comparable, real_data, same_reference, samples_scored
from reports.load.results import Results
from reports.load.score_columns import TRAIN
from reports.stats.spreads import spread

UNTRAINED = "untrained generator"
KINDS = (REAL, MEMORISER, UNTRAINED)
COLUMNS = (
    "cell", "kind", "metric", "protocol", "n", "how", "value_n", "value_median", "value_q25",
    "value_q75", "value_iqr", "value_min", "value_max", "total",
)  # fmt: skip


def references(results: Results, scores: Frame) -> Frame:
    """Return one row per cell, kind of reference and score.

    What was scored with another number of data than the runs is left out: scores depend on it.

    Args:
        results: of a grid.
        scores: rows of ``run_scores``.

    Returns:
        cell, metric; kind: one of KINDS; protocol and n: how the runs were scored, and how many
        data; how: the method that brought real data to that number, '' where none was needed;
        value_*: over the floors recorded, or over all runs' scores at step 0; total: what a
        count is out of.
    """
    scored = scores.dropna(subset="protocol")
    groups = scored.groupby(["cell", "metric"], observed=True, sort=False)
    rows = [row for (cell, metric), runs in groups for row in _rows(results, cell, metric, runs)]
    kinds = pd.CategoricalDtype(list(KINDS), ordered=True)
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"kind": kinds})
    return frame.sort_values(["cell", "kind"], kind="stable", ignore_index=True)


def _rows(results: Results, cell: str, metric: str, runs: Frame) -> Iterator[dict[str, Any]]:
    protocol, floors = runs["protocol"].iloc[0], results.floors
    key = {"cell": cell, "metric": metric, "protocol": protocol, "n": samples_scored(protocol)}
    key["total"] = runs["total"].max()
    mine = floors[(floors["cell"] == cell) & (floors["metric"] == metric)]
    own = [made for made in mine["protocol"].unique() if comparable(made, protocol)]
    for kind, recorded in mine[mine["protocol"].isin(own)].groupby("kind", sort=False):
        how = recorded["how"].iloc[0]
        yield key | {"kind": kind, "how": how} | spread(recorded["value"], "value")
    if runs["initial"].notna().any():
        yield key | {"kind": UNTRAINED, "how": ""} | spread(runs["initial"], "value")


def reference_name(row: Any) -> str:
    """Return what a row is called: held-out data with their number, on which scores depend."""
    if row["kind"] == UNTRAINED:
        return f"{UNTRAINED} (step 0)"
    return f"{row['kind']} (at n = {row['n']})"


def floor_notes(results: Results, found: Frame) -> list[str]:
    """Say what stands beside the scores, how it was made, and what is left out.

    Args:
        results: of a grid.
        found: the rows of :func:`references`.
    """
    return [*_unsplit(results), *_made(results, found), *_copied(found), *_left_out(results)]


def _unsplit(results: Results) -> list[str]:
    """Say which claims rest on the data that generators were trained on."""
    names = [score.name for score in results.score_columns if score.split == TRAIN]
    if not any(map(real_data, results.scores["protocol"].unique())) and not results.paired:
        return [f"What real data {', '.join(names)} were held against is not known."] * bool(names)
    return [
        f"No validation or test scores of {', '.join(names)} were recorded: they are held against "
        "the training data, so a generator that copies those would score best, and the best step "
        "was chosen by the score that is shown."
    ] * bool(names)


def _made(results: Results, found: Frame) -> list[str]:
    """Say for every cell how held-out data came to the runs' own number."""
    real = found[found["kind"] == REAL]
    return [
        f"{_of(cell)}{REAL[0].upper()}{REAL[1:]} at the runs' own n = {mine['n'].iloc[0]}: "
        f"{'; '.join(_methods(results, mine))}. What is missing cannot be "
        "made at that number."
        for cell, mine in real.groupby("cell", sort=False)
    ]


def _methods(results: Results, real: Frame) -> Iterable[str]:
    """Yield the scores that were made in one way, with that way."""
    for how, mine in real.groupby("how", sort=False):
        titles = ", ".join(results.columns.by_name[metric].title for metric in mine["metric"])
        yield f"{titles} {how or 'scored as they are'}"


def _copied(found: Frame) -> list[str]:
    copies = found[found["kind"] == MEMORISER]
    return [
        f"{MEMORISER[0].upper()}{MEMORISER[1:]} are what a generator that only memorises would "
        "score: as many of them as a run generates, drawn with replacement. A score that is no "
        "worse for them than for held-out real data cannot tell memorising from learning."
    ] * (not copies.empty)


def _left_out(results: Results) -> list[str]:
    """Say which held-out data were scored with another number of data than the runs."""
    floors = results.floors[results.floors["kind"] == REAL]
    known = floors[["cell", "protocol"]].drop_duplicates().itertuples(index=False)
    return [
        f"{_of(cell)}{samples_scored(made)} held-out real data were scored, against "
        f"{samples_scored(protocol)} generated ones of each run. Scores depend on that number"
        f"{results.judged.biased('it')}, so they are not shown beside them."
        for cell, made in known
        for protocol in [results.protocol(cell)]
        if protocol and same_reference(made, protocol) and not comparable(made, protocol)
    ]


def _of(cell: str) -> str:
    return f"{cell}: " if cell else ""
