"""Several grids on one page: what became of the first one's methods, then all side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from markupsafe import Markup

from reports.figures.drawing import Drawing
from reports.load.several import Grid
from reports.page.headline import headline
from reports.page.html import PIXELS_PER_INCH, context_of_scripts, environment, sentences
from reports.page.pictures import Picture, data_uri
from reports.page.sections import SECTIONS, Section
from reports.page.verdict import verdict
from reports.page.wording import words
from reports.stats.machines import several_machines
from reports.stats.numbers import Numbers
from reports.stats.signatures import signatures
from reports.stats.together import Told
from reports.stats.tuning_sentence import tuning_sentence
from reports.tables.across import across_table, changes_table
from reports.tables.table import Table, scores_first
from reports.text import counted


@dataclass(frozen=True)
class Side:
    """One grid as the page shows it.

    Args:
        grid: it, with the methods that are shown.
        numbers: computed from it.
        pictures: its figures.
    """

    grid: Grid
    numbers: Numbers = field(repr=False)
    pictures: Sequence[Picture] = field(repr=False)


def several_page(sides: Sequence[Side], told: Sequence[Told]) -> str:
    """Return the page as one HTML document.

    Args:
        sides: the grids, the one that the others are held against first.
        told: what is said of each of the others.
    """
    return (
        environment()
        .get_template("several.html")
        .render(
            **context_of_scripts(),
            scores_first=scores_first,
            title=" and ".join(side.grid.label for side in sides),
            against=[_against(one) for one in told],
            sides=[_status(side) for side in sides],
            sections=[*_sections(sides)],
        )
    )


def _against(told: Told) -> dict[str, Any]:
    runs = pd.concat([told.old.results.distinct, told.new.results.distinct])
    return {
        "new": told.new.label,
        "old": told.old.label,
        "verdict": verdict(told),
        "regressed": told.regressed,
        "table": across_table(told),
        "machines": several_machines(runs),
        "changed": f"{counted(len(told.changes), 'change')} of settings",
        "changes": changes_table(told),
    }


def _status(side: Side) -> dict[str, Any]:
    results = side.grid.results
    said = sentences(results, side.numbers)
    return {
        "label": side.grid.label,
        "results": results,
        "signatures": signatures(results)["line"].tolist(),
        "concluded": headline(results, side.numbers, tuning_sentence(results)),
        **said,
        "warnings": [*results.notes, *said["unpaired"], *said["undeclared"], *said["broken"]],
    }


def _sections(sides: Sequence[Side]) -> Iterator[dict[str, Any]]:
    """Yield the sections of a grid's own page that show a figure or table of any of these."""
    said = words(sides[0].grid.results)
    for section in SECTIONS:
        parts = [part for one in section.parts if (part := _part(one, section, sides))]
        if parts:
            explanation = Markup(section.explanation.format(**said))
            yield {"section": section, "explanation": explanation, "parts": parts}


def _part(part: Any, section: Section, sides: Sequence[Side]) -> dict[str, Any] | None:
    """Return a figure or table of every grid that has it, None where none has."""
    if not isinstance(part, Drawing | Table):
        return None
    made = _images if isinstance(part, Drawing) else _table
    mine = [side for side in sides if section.shown(side.grid.results)]
    found = [one for side in mine if (one := made(part, side))]
    if not found:
        return None
    explained = part.explanation.format(**words(mine[0].grid.results))
    title = part.title or getattr(part, "folded", "")
    return {"key": part.key, "title": title, "explanation": Markup(explained), "sides": found}


def _images(part: Any, side: Side) -> Mapping[str, Any] | None:
    mine = [one for one in side.pictures if one.key == part.key]
    images = [
        {"source": data_uri(one), "width": round(PIXELS_PER_INCH * one.width), "cell": one.cell}
        for one in mine
    ]
    return {"label": side.grid.label, "images": images} if images else None


def _table(part: Any, side: Side) -> Mapping[str, Any] | None:
    if part.beside and all(one.key != part.beside for one in side.pictures):
        return None
    table = part.build(side.grid.results, side.numbers)
    return None if table.empty else {"label": side.grid.label, "table": table}
