"""Published numbers beside ours, and what differs between the protocols."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.published import PAPER
from reports.stats.numbers import Numbers
from reports.stats.published import DIFFERENCE_COLUMNS
from reports.tables.headers import short_header
from reports.tables.table import Table, row_names
from reports.text import ABSENT, out_of


def published_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per cell and published row: what is printed, and what runs here scored."""
    summary = {
        (str(row["cell"]), str(row["method"]), row["metric"]): row
        for row in numbers.score_summary.to_dict("records")
    }
    rows: dict[tuple[str, str, str], dict[str, str]] = {}
    scored = numbers.published["cell"].isin(results.scores["cell"])
    for known in numbers.published[scored].to_dict("records"):
        key = known["cell"], known["row"], known["method"]
        first = {"published row": known["row"]} | row_names(known, results)
        row = rows.setdefault(key, first | {"method": known["method"] or ABSENT})
        header = short_header({**known, "protocol": None}, results)
        row[f"{header} published"] = _printed(known)
        ours = summary.get((known["cell"], known["method"], known["metric"]))
        row[f"{header} here, final median [min, max]"] = out_of(ours, "final") if ours else ABSENT
        row["finished here"] = f"{ours['final_n']} of {ours['n_planned']}" if ours else ABSENT
    return pd.DataFrame(list(rows.values())).fillna(ABSENT)


def _printed(row: Any) -> str:
    deviation = row["deviation"]
    plain = deviation is None or math.isnan(deviation)
    return f"{row['value']:.1f}" if plain else f"{row['value']:.2f} ± {deviation:.2f}"


def differences_table(results: Results, numbers: Numbers) -> Frame:  # noqa: ARG001
    """Return one row per thing that a protocol says."""
    frame = numbers.published_differences
    return frame if len(frame) else pd.DataFrame(columns=list(DIFFERENCE_COLUMNS))


PUBLISHED = Table(
    "published",
    published_table,
    "",
    title="Published beside ours",
    explanation=f"Published: {PAPER.source} (arXiv {PAPER.arxiv}), not measured here. No test, "
    "ranking or best of this page counts them. A row stands beside the runs of the same method, "
    "loss and normalisation, with its parameters where the paper gives them and the defaults of "
    "all others; "
    f"{ABSENT} where either lacks one.",
)
PUBLISHED_DIFFERENCES = Table(
    "published-protocol",
    differences_table,
    "",
    title="Both protocols",
    explanation="The paper's protocol against that which these runs stored. A difference of scores "
    "may be one of these and no difference of methods.",
)
