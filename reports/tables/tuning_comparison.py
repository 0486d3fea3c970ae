"""Defaults and winners side by side, to read and to compute with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.labels import as_text
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.tables.table import Table
from reports.text import ABSENT, median_range, number


def comparison_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per method: default, winner, improvement, and selection's own optimism."""
    tuning = results.tuning
    if tuning is None:
        return pd.DataFrame()
    test = f"{tuning.title} on {numbers.tuning.claimed}" if numbers.tuning.claimed else tuning.title
    arrow = "↓" if tuning.plan.select.lower_is_better else "↑"
    rows = [
        {
            "method": row["method"],
            "winner": _winner(row),
            f"{test} {arrow} default": _scores(row, "default"),
            f"{test} {arrow} {tuning.winners_cell}": _scores(row, "tuned"),
            "better by, paired": median_range(row, "improvement"),
            "chosen at": number(row["selected"]),
            "confirmed at": number(row["validated"]),
            "optimism": number(row["optimism"]),
        }
        for row in numbers.tuning.comparison.to_dict("records")
    ]
    return pd.DataFrame(rows)


def _winner(row: Mapping[str, Any]) -> str:
    if pd.isna(row["trial"]):
        return ABSENT
    return f"trial {row['trial']:g}: {settings_text(row['settings'])}"


def settings_text(settings: Mapping[str, Any]) -> str:
    """Return a trial's settings as ``lr=0.001, n_dis=2``, or ``the default``."""
    last = {key: key.rpartition(".")[2] for key in settings}
    often = Counter(last.values())
    names = {key: name if often[name] == 1 else key for key, name in last.items()}
    return ", ".join(f"{names[k]}={as_text(v)}" for k, v in settings.items()) or "the default"


def _scores(row: Mapping[str, Any], name: str) -> str:
    planned, n = row[f"{name}_n_planned"], row[f"{name}_n"]
    said = median_range(row, name)
    return said if n == planned else f"{said} ({n} of {planned} runs)"


def comparison_numbers(numbers: Numbers) -> Frame:
    """Return the comparison to compute with: settings as text, everything else as numbers."""
    frame = numbers.tuning.comparison
    return frame.assign(settings=frame["settings"].map(settings_text))


TUNING_COMPARED = Table(
    "tuning-compared",
    comparison_table,
    "No method is planned.",
    explanation="Median [min, max] over confirmation seeds, failed runs worst. The improvement is "
    "paired by seed, over seeds that finished both; positive is better. The last three columns "
    "are the winner's validation score when it was chosen, its mean over confirmation seeds, and "
    "the first minus the second: what choosing the best of many flattered.",
)
