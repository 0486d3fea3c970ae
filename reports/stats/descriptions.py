"""What describes the samples of each run and ranks no method."""

from __future__ import annotations

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.last_rows import last_rows


def last_descriptions(results: Results) -> Frame:
    """Return the last score row of each run that describes its samples, after training began.

    Returns:
        The rows and columns of the scores frame, at most one row per run.
    """
    columns = [score.column for score in results.description_columns]
    measured = results.scores.dropna(subset=columns, how="all") if columns else results.scores[:0]
    return last_rows(measured[measured["step"] > 0])
