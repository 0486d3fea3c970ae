"""Words of the page that depend on the runs."""

from __future__ import annotations

from typing import Any

from markupsafe import escape

from reports.load.results import Results

CHOSEN = (
    "the one at the step of the best validation score, or of the best score where there is no "
    "validation"
)


def words(results: Results) -> dict[str, str]:
    """Return what stands for the fields in the page's texts.

    Returns:
        Escaped for HTML. judged: the title of the score by which runs are called degraded;
        claimed: of its variant that carries claims; chosen: how the best step of a run is chosen.
    """
    judged, claims = results.judged, results.score_columns
    chosen = any(results.columns.selection(score) != score for score in claims)
    said = {
        "judged": judged.title,
        "claimed": judged.claim.title,
        "chosen": CHOSEN if chosen else "the best of all trained steps",
    }
    return {name: str(escape(text)) for name, text in said.items()}


def honesty(row: Any) -> str:
    """Say in words what one row of ``power`` means."""
    where = f"{row.cell}: " if row.cell else ""
    if row.pairs == 0:
        return f"{where}one method only, so nothing is compared."
    if row.n == 0:
        return f"{where}some method has no result yet, so not all pairs can be compared."
    seeds = f"{row.n} seed{'s' if row.n != 1 else ''}"
    pairs = f"{row.pairs} pair{'s' if row.pairs != 1 else ''} of methods"
    fewest = "per method" if row.n == row.n_planned else "in the method with the fewest results"
    facts = (
        f"{where}n = {seeds} {fewest}, {pairs}. The smallest two-sided exact Mann-Whitney "
        f"p is {row.smallest_p:.2g}, after Holm over all pairs {row.smallest_holm:.2g}. "
    )
    if row.can_reject:
        best_case = "if every run of one method beats every run of another."
        return f"{facts}A difference can be significant at .05 {best_case}"
    return (
        f"{facts}No difference can be significant at .05 whatever the scores; that takes at least "
        f"{row.seeds_needed} seeds. Read the points, not a verdict."
    )
