"""Pairs of methods: paired differences, probability of improvement, p after Holm."""

from __future__ import annotations

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.tables.headers import short_header
from reports.tables.table import Table
from reports.text import median_range, number


def control_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per method, score and cell, against the control."""
    return _comparisons(results, numbers.control)


def pairs_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per pair of methods, score and cell."""
    return _comparisons(results, numbers.pairs)


def _comparisons(results: Results, pairs: Frame) -> Frame:
    rows = [
        {
            **({"cell": row["cell"]} if len(results.cells) > 1 else {}),
            "method": row["first"],
            "against": row["second"],
            "score": short_header({**row, "protocol": None}, results),
            "runs": f"{row['n_first']} and {row['n_second']}",
            "P(method better)": number(row["probability_first_better"]),
            "paired difference, median [min, max]": median_range(row, "difference"),
            "pairs": str(row["n_pairs"]),
            "p exact": number(row["p"]),
            "p after Holm": number(row["p_holm"]),
        }
        for row in pairs.to_dict("records")
    ]
    return pd.DataFrame(rows)


CONTROL = Table(
    "control",
    control_table,
    "No pair with the control method none has results yet.",
    title="Against no constraint",
    explanation="Differences are method minus <code>none</code> on shared seeds. P(method better) "
    "is the Mann-Whitney U over the number of pairs of runs; a diverged run ranks worst.",
)
PAIRS = Table(
    "pairs",
    pairs_table,
    "No pair of methods has results yet.",
    folded="All pairs of methods",
)
