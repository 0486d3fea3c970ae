"""What a report was asked to show, and that no number is different for it."""

from __future__ import annotations

from reports.load.results import Results
from reports.page.headline import tests_counted
from reports.stats.power import Family
from reports.text import counted


def chosen_words(results: Results, family: Family) -> list[str]:
    """Return a sentence or two for everything that was chosen when the report was made.

    Args:
        results: as they are shown.
        family: of the page.
    """
    said = [_methods(results), _baseline(results, family), _metric(results, family)]
    found = [words for words in said if words]
    if found and family.size:
        found.append(
            "None of this makes a p smaller: Holm's correction counts "
            f"{tests_counted(family)}, all that the plan has."
        )
    return found


def _methods(results: Results) -> str:
    left = results.left_out
    what = "planned run" if results.paired else "run"
    if not left.methods:
        return ""
    return (
        f"A subset of the methods was chosen: {len(results.methods)} of "
        f"{len(results.planned_methods)} are shown. Left out: {', '.join(left.methods)}; "
        f"{counted(left.runs, what)}, of which {left.failed} did not finish."
    )


def _baseline(results: Results, family: Family) -> str:
    if not results.baseline:
        return ""
    return (
        f"The method {results.baseline} is what others are compared against: "
        f"{family.pairs_shown} of {counted(family.size, 'pair')} are shown."
    )


def _metric(results: Results, family: Family) -> str:
    if family.scores == 1:
        return ""
    return (
        f"Claims are made of {results.score_columns[0].title}, which was chosen among "
        f"{family.scores} scores; the plan's is another."
    )
