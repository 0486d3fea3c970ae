"""One self-contained page: every figure is embedded, nothing is fetched."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.figures.drawing import Drawing
from reports.load.results import Results
from reports.page.chosen import chosen_words
from reports.page.cost_words import cost_words
from reports.page.headline import headline
from reports.page.pictures import Picture, data_uri
from reports.page.sections import DRAWINGS, SECTIONS, TABLES, Block, Part
from reports.page.tuning_words import tuning_words
from reports.page.wording import goal_words, inference, words
from reports.run_page.places import index, page_of, places
from reports.stats.conformance import broken
from reports.stats.machines import apart, several_machines
from reports.stats.numbers import Numbers
from reports.stats.pairing import undeclared, violations
from reports.stats.published import why_not_published
from reports.stats.real_and_untrained import floor_notes
from reports.stats.tuning_sentence import tuning_sentence
from reports.tables.failures import meanings
from reports.tables.later import later_tables
from reports.tables.table import scores_first
from runners.store.states import State

PIXELS_PER_INCH = 112
FOLDER = Path(__file__).parent


def page(results: Results, numbers: Numbers, pictures: Sequence[Picture] | None) -> str:
    """Return the report as one HTML document.

    Args:
        results, numbers: what it says.
        pictures: its figures; None while they are being drawn, which it says, and looks again.
    """
    context = _context(results, numbers, pictures)
    return environment().get_template("template.html").render(context)


def environment() -> Environment:
    """Return where the templates of pages are, and how they are filled."""
    return Environment(
        loader=FileSystemLoader([FOLDER, FOLDER.parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def context_of_scripts() -> dict[str, str]:
    """Return the script of a page's tables, and the hash that its policy allows."""
    script = (FOLDER / "tables.js").read_text(encoding="utf-8")
    hashed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return {"script": script, "script_hash": hashed}


def _context(
    results: Results, numbers: Numbers, pictures: Sequence[Picture] | None
) -> dict[str, Any]:
    said = words(results)
    return {
        **context_of_scripts(),
        "scores_first": scores_first,
        "results": results,
        "sections": [section for section in SECTIONS if section.shown(results)],
        "kind": _kind,
        "worded": lambda text: text.format(**said),
        "unfinished": pictures is None,
        "images": {key: _images(key, pictures or ()) for key in DRAWINGS},
        "tables": {key: table.build(results, numbers) for key, table in TABLES.items()},
        **sentences(results, numbers),
    }


def _kind(part: Part) -> str:
    """Return which macro of the template shows a part."""
    if isinstance(part, Block):
        return part.key
    return "figure" if isinstance(part, Drawing) else "table"


def sentences(results: Results, numbers: Numbers) -> dict[str, Any]:
    """Return what the blocks of a grid's page say."""
    runs = results.distinct
    return {
        "n_planned": len(runs),
        "n_finished": int((runs["state"] == State.FINISHED).sum()),
        "failed": runs[runs["state"] != State.FINISHED].to_dict("records"),
        "protocols": list(dict.fromkeys(results.scores["protocol"])),
        "chosen": chosen_words(results, numbers.family),
        "concluded": headline(results, numbers, tuning_sentence(results)),
        "inferred": inference(results, numbers.family, numbers.power),
        "floor_said": floor_notes(results, numbers.references),
        "later_blocks": later_tables(results, numbers),
        "not_published_said": why_not_published(results),
        "unpaired": violations(numbers.pairing, results.paired),
        "machines": several_machines(runs),
        "apart": apart(results.runs),
        "undeclared": undeclared(results.differences),
        "broken": broken(numbers.conformance),
        "meant": meanings(results),
        "tuning": tuning_words(results),
        "cost_words": cost_words(results, numbers),
        "goal_said": goal_words(results, numbers.times),
        "run_lists": index(places(results)),
        "page_of": page_of,
    }


def _images(key: str, pictures: Sequence[Picture]) -> list[dict[str, Any]]:
    return [
        {
            "source": data_uri(picture),
            "cell": picture.cell,
            "width": round(PIXELS_PER_INCH * picture.width),
        }
        for picture in pictures
        if picture.key == key
    ]
