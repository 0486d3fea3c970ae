"""Pairs of methods: those that claims are made of, and those that are only looked at."""

from __future__ import annotations

from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.tables.headers import short_header
from reports.tables.table import Table
from reports.text import ABSENT, detectable_text, median_range, number


def claimed_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per pair of the declared family, with what may be said of it."""
    rows = [
        {
            **_pair(row, results),
            "outcome": row["outcome"],
            **_difference(row, results),
            "p after Holm": number(row["p_holm"], 2),
            "smallest detectable": detectable_text(row["detectable"]),
            "p alike after Holm": number(row["p_equivalence"], 2),
            "margin": number(row["margin"], 2),
            **_as_they_are(row),
        }
        for row in _rows(numbers, claimed=True)
    ]
    return pd.DataFrame(rows).fillna(ABSENT)


def exploratory_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per other pair, score and cell."""
    rows = [
        {
            **_pair(row, results),
            "score": short_header({**row, "protocol": None}, results),
            "paired difference, median [min, max]": median_range(row, "difference"),
            "smallest detectable": detectable_text(row["detectable"]),
            **_as_they_are(row),
        }
        for row in _rows(numbers, claimed=False)
    ]
    return pd.DataFrame(rows)


def _rows(numbers: Numbers, claimed: bool) -> list[Any]:
    return numbers.pairs[numbers.pairs["claimed"] == claimed].to_dict("records")


def _pair(row: Any, results: Results) -> dict[str, str]:
    cell = {"cell": row["cell"]} if len(results.cells) > 1 else {}
    return {**cell, "method": row["first"], "against": row["second"]}


def _difference(row: Any, results: Results) -> dict[str, str]:
    header = short_header({**row, "protocol": None}, results)
    return {f"{header} paired difference, median [min, max]": median_range(row, "difference")}


def _as_they_are(row: Any) -> dict[str, str]:
    """Return the effect size and both p, which nothing adjusts."""
    return {
        "P(method better)": number(row["probability_first_better"]),
        "p sign-flip": number(row["p_flip"], 2),
        "p Mann-Whitney": number(row["p_mann_whitney"], 2),
        "runs, shared seeds": f"{row['n_first']} and {row['n_second']}, {row['n_pairs']}",
    }


CLAIMED = Table(
    "pairs",
    claimed_table,
    "No pair of methods has results yet.",
    title="The pairs that claims are made of",
    explanation="Differences are method minus the one it stands against, over seeds that both "
    "finished; P(method better) is the Mann-Whitney U over the number of pairs of runs, where a "
    "diverged run is worst. Sign-flip and Mann-Whitney p are exact, two-sided and not adjusted; "
    "p after Holm is that of the one that carries the claims.",
)
EXPLORATORY = Table(
    "exploratory",
    exploratory_table,
    "No other score was recorded.",
    folded="Exploratory: other scores, from which nothing is claimed",
    explanation="Their p are not adjusted: of twenty such pairs of methods that do the same, one "
    "has a p below .05.",
)
