"""Final scores against every split, and the gap between test and train."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.protocols import real_data
from reports.load.results import Results
from reports.load.score_columns import GAP, TEST, TRAIN, VALIDATION, Score
from reports.stats.numbers import Numbers
from reports.stats.real_and_untrained import UNTRAINED, reference_name
from reports.tables.headers import protocol_of
from reports.tables.table import Table, row_names
from reports.text import ABSENT, out_of

HEADINGS = {TRAIN: TRAIN, VALIDATION: VALIDATION, TEST: TEST, GAP: "gap, test - train at equal n"}


def split_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per score, cell and method, each score's references below its methods."""
    rows = [
        _row(mine, results)
        for claim in results.score_columns
        for cell in results.cells
        for mine in _by_name(claim, cell, results, numbers)
        if mine
    ]
    return pd.DataFrame(rows).fillna(ABSENT)


def _by_name(
    claim: Score, cell: str, results: Results, numbers: Numbers
) -> Iterator[list[dict[str, Any]]]:
    """Yield the splits of one score: of each method, and of each reference."""
    splits = [split.column for split in results.columns.splits(claim)]
    final, known = (
        frame[(frame["cell"] == cell) & frame["metric"].isin(splits)]
        for frame in (numbers.every_summary, numbers.references)
    )
    for method in results.methods:
        mine = final[final["method"] == method].to_dict("records")
        yield [row | {"said": out_of(row, "final")} for row in mine]
    for kind, mine in known.groupby("kind", observed=True):
        named = {"method": reference_name(mine.iloc[0])}
        rows = mine.to_dict("records")
        yield [row | named | {"said": out_of(row, "value", kind != UNTRAINED)} for row in rows]


def _row(rows: list[dict[str, Any]], results: Results) -> dict[str, str]:
    protocol, known = protocol_of(rows[0], results), results.columns.by_name
    said = {known[row["metric"]].split: row["said"] for row in rows}
    counts = real_data(protocol)
    return {
        **row_names(rows[0], results),
        "score": f"{known[rows[0]['metric']].name} {results.extractors[protocol]}",
        **{heading: said[split] for split, heading in HEADINGS.items() if split in said},
        "real data in each": ", ".join(str(counts[name]) for name in HEADINGS if name in counts),
    }


SPLITS = Table(
    "splits",
    split_table,
    "No validation or test scores were recorded: all scores are against the training data.",
    title="Scores by split",
    explanation="Final scores, median [min, max] over seeds. Train is for comparison with other "
    "work, validation chose the best step, and test carries the claims. A score depends on the "
    "number of real data, so the columns of a row must not be compared with each other; the gap "
    "is the score against test minus that against equally many training data. Above zero (below "
    "it, where higher is better) the generator's data are nearer to the data it was trained on "
    "than to held-out ones. Both are small samples that differ by themselves, so hold it against "
    "the gap of held-out real data, which no generator was trained for.",
)
