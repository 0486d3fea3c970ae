"""Axis labels of scores."""

from __future__ import annotations

from reports.load.columns import Frame
from reports.load.results import Results
from reports.load.score_columns import Score


def axis_label(score: Score, rows: Frame, results: Results) -> str:
    """Return a score's name with the extractor that rows were scored with.

    Args:
        score: a column of scores.
        rows: any rows with a column ``protocol``.
        results: of the grid.
    """
    protocols = rows["protocol"].dropna().unique()
    return score.axis(dict.fromkeys(results.extractors[p] for p in protocols))
