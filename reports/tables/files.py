"""Tables as files: Markdown and CSV."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

from reports.load.columns import Frame


def to_markdown(table: Frame) -> str:
    """Return a table of text as a Markdown table, pipes and newlines in cells escaped."""
    lines = [list(map(str, table.columns)), ["---"] * len(table.columns)]
    lines += [list(map(str, row)) for row in table.itertuples(index=False)]
    escaped = [[cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)


def to_csv(table: Frame) -> str:
    """Return a table as CSV; a missing value is an empty field, never a number."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table.columns)
    for row in table.itertuples(index=False):
        writer.writerow([_csv_cell(value) for value in row])
    return file.getvalue()


def _csv_cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
