"""Every method in every optimiser setting, and what it reaches over all of them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.stats.settings_robustness import REACHED
from reports.tables.headers import short_header
from reports.tables.table import Table
from reports.text import number, out_of, ranked_median


def medians_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per method and setting."""
    rows = [
        {
            "method": str(row["method"]),
            "setting": row["setting"],
            **_rest(row, numbers),
            f"{short_header(row, results)} final median [min, max]": out_of(row, "final"),
            "median, diverged runs worst": ranked_median(row),
            "finished": f"{row['final_n']} of {row['n_planned']}",
            "failed": str(row["failed"]),
        }
        for row in numbers.setting_medians.to_dict("records")
    ]
    return pd.DataFrame(rows)


def reached_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per method: what shares of its runs over all settings reach."""
    rows = numbers.setting_totals.to_dict("records")
    return pd.DataFrame([_reached(row, results, numbers) for row in rows])


def _reached(row: Any, results: Results, numbers: Numbers) -> dict[str, str]:
    score = results.score_columns[0]
    header = short_header({**row, "metric": score.column, "cell": _cell(row, numbers)}, results)
    said = {f"reached by {part}% of runs": f"reached_{part}" for part in REACHED}
    said |= {"median in its best setting": "best", "median in its worst setting": "worst"}
    return {
        "method": str(row["method"]),
        **_rest(row, numbers),
        **{f"{header} {text}": number(score.sign * row[name]) for text, name in said.items()},
        "finished": f"{row['final_n']} of {row['n_planned']}",
        "failed": str(row["failed"]),
    }


def _cell(row: Any, numbers: Numbers) -> str:
    """Return the first cell that a row is of."""
    return numbers.settings.loc[numbers.settings["rest"] == row["rest"], "cell"].iloc[0]


def _rest(row: Any, numbers: Numbers) -> dict[str, str]:
    """Return the column of what cells differ in besides, where there is anything."""
    return {"cell": row["rest"]} if set(numbers.settings["rest"]) != {""} else {}


SETTING_MEDIANS = Table(
    "setting-medians",
    medians_table,
    "",
    folded="Each method in each setting: the numbers",
    explanation="Brackets hold the lowest and highest seed that finished. A run that diverged is "
    "the worst of its setting; one that crashed says nothing about a method and has no rank. "
    "Where it says fail, the run in the middle diverged or all of them failed; where –, no "
    "run has a result yet.",
)
REACHED_BY = Table(
    "setting-shares",
    reached_table,
    "",
    title="What a method reaches over all settings",
    explanation="The curves above, read at three heights: a score that this share of a method's "
    "runs, of all settings together, is at least as good as; failed where so many diverged. Runs "
    "that finished or diverged count; a crash says nothing about a method. "
    "Best and worst setting are of medians over seeds, diverged runs worst; a setting whose runs "
    "all crashed, or have no result yet, has none and is left out of both. They were picked by "
    "these scores, so the best one flatters.",
)
