"""Axis labels of scores."""

from __future__ import annotations

from reports.load.columns import Frame
from reports.load.results import Results
from reports.load.score_columns import Score


def axis_label(score: Score, rows: Frame, results: Results) -> str:
    """Return a score with its split, the extractor that rows were scored with, and its direction.

    Args:
        score: a column of scores.
        rows: any rows with a column ``protocol``.
        results: of the grid.
    """
    return score.axis(_extractors(rows, results))


def scale_label(score: Score, rows: Frame, results: Results) -> str:
    """Return the same without the direction: what its differences are in."""
    return score.scale(_extractors(rows, results))


def _extractors(rows: Frame, results: Results) -> dict[str, None]:
    protocols = rows["protocol"].dropna().unique()
    return dict.fromkeys(results.extractors[p] for p in protocols)
