"""One self-contained page: every figure is embedded, nothing is fetched."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports import course, inference, ledger, stats
from reports.columns import Frame
from reports.figures import FIGURES, Drawing
from reports.frame import Results
from reports.labels import FAILURES
from reports.pairing import pairing, undeclared, violations
from reports.references import floor_notes, references
from reports.spectrum import spectra_spread
from reports.tables import discriminator, runs
from reports.tables import scores as score_tables
from runners.store.states import State

SEED = 0  # of the bootstrap: a second report of the same runs is the same report


@dataclass(frozen=True)
class Numbers:
    """All frames of a report, computed once."""

    scores: Frame = field(repr=False)
    summary: Frame = field(repr=False)
    score_summary: Frame = field(repr=False)
    iqms: Frame = field(repr=False)
    pairs: Frame = field(repr=False)
    power: Frame = field(repr=False)
    references: Frame = field(repr=False)
    proof: Frame = field(repr=False)
    conformance: Frame = field(repr=False)


@dataclass(frozen=True)
class Picture:
    """An encoded figure.

    Args:
        key: of FIGURES.
        cell: the cell it shows, '' for all.
        width: inches, so that text has one size on the page.
    """

    key: str
    cell: str
    width: float
    svg: bytes = field(repr=False)
    png: bytes = field(repr=False)


def compute(results: Results) -> Numbers:
    """Return all statistics of a report."""
    rng = np.random.default_rng(SEED)
    scores = stats.run_scores(results)
    return Numbers(
        scores=scores,
        summary=stats.summary(results),
        score_summary=stats.score_summary(scores),
        iqms=inference.iqm_summary(scores, rng),
        pairs=inference.pairwise(scores, rng),
        power=inference.power(results.runs, scores),
        references=references(results, scores),
        proof=pairing(results.runs),
        conformance=ledger.conformance(results.diagnostics),
    )


PIXELS_PER_INCH = 112
SVG_LIMIT = 300_000  # bytes; larger drawings are smaller as PNG


def page(results: Results, numbers: Numbers, pictures: list[Picture]) -> str:
    """Return the report as one HTML document."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("template.html").render(_context(results, numbers, pictures))


def _context(results: Results, numbers: Numbers, pictures: list[Picture]) -> dict[str, Any]:
    return {
        "results": results,
        "n_finished": int((results.runs["state"] == State.FINISHED).sum()),
        "failed": results.runs[results.runs["state"] != State.FINISHED].to_dict("records"),
        "protocols": list(dict.fromkeys(results.scores["protocol"])),
        "notes": [inference.honesty(row) for row in numbers.power.itertuples()],
        "floor_notes": floor_notes(numbers.references),
        "later": score_tables.later_tables(results),
        "tables": _score_tables(results, numbers) | _run_tables(results, numbers),
        "violations": violations(numbers.proof),
        "undeclared": undeclared(results.differences),
        "broken": ledger.broken(numbers.conformance),
        "meanings": _meanings(results),
        "drawings": FIGURES,
        "images": {key: _images(key, drawing, pictures) for key, drawing in FIGURES.items()},
    }


def _score_tables(results: Results, numbers: Numbers) -> dict[str, Frame]:
    control = inference.against_control(numbers.pairs)
    scores = numbers.score_summary
    return {
        "summary": score_tables.summary_table(results, numbers.summary, scores, numbers.references),
        "spread": score_tables.spread_table(results, scores, numbers.iqms),
        "control": score_tables.comparison_table(results, control),
        "pairs": score_tables.comparison_table(results, numbers.pairs),
        "coverage": runs.coverage_table(results, course.coverage(results)),
    }


def _run_tables(results: Results, numbers: Numbers) -> dict[str, Frame]:
    courses = course.courses(results)
    return {
        "failures": runs.failure_table(results, course.failure_rates(results)),
        "courses": runs.course_table(results, courses, numbers.summary, numbers.score_summary),
        "spectra": discriminator.spectra_table(results, spectra_spread(results.spectra)),
        "bounds": discriminator.bounds_table(results, ledger.bounds(results.diagnostics)),
        "conformance": discriminator.conformance_table(results, numbers.conformance),
        "proof": runs.proof_table(results, numbers.proof),
        "differences": runs.difference_table(results),
    }


def _meanings(results: Results) -> dict[str, str]:
    """Return what each failure means, {} while no run was judged."""
    known = results.thresholds
    named = {failure.title: failure.meaning for failure in FAILURES.values()}
    return {title: meaning.format(**known) for title, meaning in named.items()} if known else {}


def _images(key: str, drawing: Drawing, pictures: list[Picture]) -> list[dict[str, Any]]:
    return [
        {
            "source": _data_uri(picture, drawing),
            "cell": picture.cell,
            "width": round(PIXELS_PER_INCH * picture.width),
        }
        for picture in pictures
        if picture.key == key
    ]


def _data_uri(picture: Picture, drawing: Drawing) -> str:
    use_png = drawing.pixels or len(picture.svg) > SVG_LIMIT
    kind, data = ("png", picture.png) if use_png else ("svg+xml", picture.svg)
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
