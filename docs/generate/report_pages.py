"""The report, section by section and part by part, from the sections that make its page."""

from __future__ import annotations

from pathlib import Path

from blocks_of_page import BLOCKS, NO_PICTURE, TABLES
from words import blocks, escaped, paragraphs

from reports.figures.drawing import Drawing
from reports.page.sections import SECTIONS, Block, Part, Section
from reports.page.wording import CHOSEN
from reports.tables.table import Table
from runners.failures import FAILURES

PICTURES = Path(__file__).parents[1] / "pictures"
WORDS = {"judged": "FID", "claimed": "FID (test)", "chosen": CHOSEN, "hidden": ""}
"""What the fields of the page's texts stand for in the default grid."""


def sections() -> str:
    """Return every section of the page with its figures and tables."""
    return blocks(*map(_section, SECTIONS))


def _section(section: Section) -> str:
    head = f"## {section.title or section.short}"
    return blocks(head, _worded(section.explanation), *map(_part, section.parts))


def _part(part: Part) -> str:
    if isinstance(part, Block):
        return BLOCKS.get(part.key, "")
    if isinstance(part, Drawing):
        return _drawing(part)
    return _table(part)


def _drawing(drawing: Drawing) -> str:
    head = f"### {drawing.title}"
    return blocks(head, _worded(drawing.explanation), _picture(drawing))


def _picture(drawing: Drawing) -> str:
    if drawing.key in NO_PICTURE:
        return f"*No picture here:* {NO_PICTURE[drawing.key]}."
    if not (PICTURES / f"{drawing.key}.png").exists():
        return ""  # a test asks for it
    return f"![{drawing.title}](pictures/{drawing.key}.png)"


def _table(table: Table) -> str:
    bare, said = TABLES.get(table.key, ("", ""))
    title = table.title or table.folded or bare
    return blocks(f"### {title}" if title else "", said, _worded(table.explanation))


def _worded(text: str) -> str:
    return escaped(text.format(**WORDS)) if text else ""


def failures() -> str:
    """Return every kind of failure: its meaning with the thresholds, and how it is judged."""
    return blocks(*(_failure(name) for name in FAILURES))


def _failure(name: str) -> str:
    failure = FAILURES[name]
    meaning = f"{failure.meaning[0].upper()}{failure.meaning[1:]}."
    return blocks(f"## {failure.title}", escaped(meaning), paragraphs(failure.judge.__doc__))
