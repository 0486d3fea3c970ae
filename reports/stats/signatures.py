"""One line that says what a score is of, to be copied into a paper or an issue."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.load.score_columns import Score
from reports.stats.run_scores import run_scores
from reports.stats.spreads import spread
from reports.text import ABSENT, median_range
from runners.store.states import State

DIGITS = 12
"""Of hashes: enough that no two grids of a lab share them."""
APART = "|"
UNKNOWN = "unknown"


def signatures(results: Results) -> Frame:
    """Return the signature of every cell's methods by the score that leads.

    Args:
        results: of a grid.

    Returns:
        cell, method and line, such as ``grid:g|method:none|score:...|n:6/6|...``: the grid, method
        and score; median and range of its final value over finished runs, and how many of those
        planned these are; the hash of the protocol; versions of suite and torch; and a digest of
        all of this with every run's id, end and score to the last digit.
    """
    rows = []
    for score in results.score_columns[:1]:
        by_place = run_scores(results, [score]).groupby(["cell", "method"], observed=True)
        rows += [
            {"cell": str(cell), "method": str(method), "line": _line(results, score, mine)}
            for (cell, method), mine in by_place
        ]
    return pd.DataFrame(rows, columns=["cell", "method", "line"])


def _line(results: Results, score: Score, runs: Frame) -> str:
    first = runs.iloc[0]
    made = results.runs[results.runs["run_id"].isin(runs["run_id"])]
    parts = {
        "grid": results.name,
        "cell": first["cell"],
        "method": first["method"],
        "score": score.title,
        "median": median_range(spread(runs["final"], "final"), "final"),
        "n": f"{int((runs['state'] == State.FINISHED).sum())}/{len(runs)}",
        "protocol": _hash(results.protocol(first["cell"])),
        "suite": _versions(made["ran_on.suite"]),
        "torch": _versions(made["ran_on.torch"]),
    }
    told = {name: _plain(value) for name, value in parts.items() if value != ""}
    exact = runs[["run_id", "seed", "state", "final"]].astype(object)
    told["digest"] = _hash([told, *exact.where(exact.notna(), None).to_numpy().tolist()])
    return APART.join(f"{name}:{value}" for name, value in told.items())


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS] if value else ABSENT


def _versions(noted: Frame) -> str:
    return "+".join(sorted({*noted.dropna()})) or UNKNOWN


def _plain(value: object) -> str:
    """Return a value on one line without the sign that parts stand between."""
    return re.sub(r"[|\s]+", " ", str(value)).strip()
