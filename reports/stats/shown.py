"""Numbers as one report was asked to show them: fewer rows, and none of them changed."""

from __future__ import annotations

import dataclasses
from itertools import combinations
from typing import Any

from reports.load.chosen import of_methods
from reports.load.columns import Frame
from reports.load.narrow import narrowed
from reports.load.results import Results
from reports.stats.comparisons import BETTER, WORSE
from reports.stats.numbers import Numbers

TURNED = {BETTER: WORSE, WORSE: BETTER}


def shown(numbers: Numbers, results: Results) -> Numbers:
    """Return the numbers of the methods that a report shows, as all methods of the plan gave them.

    Claims are of the pairs shown, and Holm's correction counts the others all the same.

    Args:
        numbers: of all methods.
        results: of those that are shown, and of the baseline.
    """
    if results.left_out.methods:
        numbers = narrowed(numbers, lambda frame: of_methods(frame, results.methods))
    if results.baseline:
        numbers = dataclasses.replace(numbers, pairs=_against(numbers.pairs, results.baseline))
    pairs = _planned_pairs(results, numbers.family.cells)
    return dataclasses.replace(numbers, family=dataclasses.replace(numbers.family, shown=pairs))


def _planned_pairs(results: Results, cells: tuple[str, ...]) -> int:
    """Return how many planned pairs of the family are shown."""
    runs, baseline = results.runs, results.baseline
    planned = [runs.loc[runs["cell"] == cell, "method"].unique() for cell in cells]
    pairs = [pair for methods in planned for pair in combinations(methods, 2)]
    return len([pair for pair in pairs if not baseline or baseline in pair])


def _against(pairs: Frame, baseline: str) -> Frame:
    """Return the pairs with the baseline, which stands second in them."""
    kept = pairs[(pairs["first"] == baseline) | (pairs["second"] == baseline)]
    rows = [
        row | _turned(row) if row["first"] == baseline else row for row in kept.to_dict("records")
    ]
    return type(pairs)(rows, columns=pairs.columns).astype({"claimed": bool})


def _turned(row: dict[Any, Any]) -> dict[str, Any]:
    """Return what of a pair changes where its methods change places."""
    return {
        "first": row["second"],
        "second": row["first"],
        "n_first": row["n_second"],
        "n_second": row["n_first"],
        "probability_first_better": 1 - row["probability_first_better"],
        "difference_median": -row["difference_median"],
        "difference_min": -row["difference_max"],
        "difference_max": -row["difference_min"],
        "outcome": TURNED.get(row["outcome"], row["outcome"]),
    }
