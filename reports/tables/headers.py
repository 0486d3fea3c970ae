"""Table headers of scores: they carry protocol and direction."""

from __future__ import annotations

from typing import Any

from reports.load.results import Results


def protocol_of(row: Any, results: Results) -> str:
    """Return a row's protocol; that of its cell where no run of its method was scored.

    Args:
        row: with cell and protocol.
        results: of the grid.
    """
    if isinstance(row["protocol"], str):
        return row["protocol"]
    return results.protocol(row["cell"]) or results.scores["protocol"].iloc[0]


def short_header(row: Any, results: Results) -> str:
    """Return the header of a row's score with the extractor's short name.

    Args:
        row: with cell, metric and protocol.
        results: of the grid.
    """
    extractor = results.extractors[protocol_of(row, results)]
    return results.columns.by_name[row["metric"]].header(extractor)


def whole_header(row: Any, results: Results) -> str:
    """Return the header of a row's score with its whole protocol.

    Args:
        row: with cell, metric and protocol.
        results: of the grid.
    """
    return results.columns.by_name[row["metric"]].header(protocol_of(row, results))
