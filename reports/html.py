"""One self-contained page: every figure is embedded, nothing is fetched."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports import inference, stats, tables
from reports.figures import FIGURES, Drawing
from reports.frame import Frame, Results
from reports.pairing import pairing, violations
from runners.store import FINISHED

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
    proof: Frame = field(repr=False)


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
        proof=pairing(results.runs),
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
    control = inference.against_control(numbers.pairs)
    return {
        "results": results,
        "n_finished": int((results.runs["state"] == FINISHED).sum()),
        "failed": results.runs[results.runs["state"] != FINISHED].to_dict("records"),
        "protocols": list(dict.fromkeys(results.scores["protocol"])),
        "notes": [inference.honesty(row) for row in numbers.power.itertuples()],
        "tables": _tables(results, numbers, control),
        "proof": _proof_table(results, numbers.proof),
        "violations": violations(numbers.proof),
        "drawings": FIGURES,
        "images": {key: _images(key, drawing, pictures) for key, drawing in FIGURES.items()},
    }


def _tables(results: Results, numbers: Numbers, control: Frame) -> dict[str, Frame]:
    spreads = stats.spectra_spread(results.spectra)
    return {
        "summary": tables.summary_table(results, numbers.summary, numbers.score_summary),
        "spread": tables.spread_table(results, numbers.score_summary, numbers.iqms),
        "control": tables.comparison_table(results, control),
        "pairs": tables.comparison_table(results, numbers.pairs),
        "stability": tables.stability_table(results, numbers.summary),
        "spectra": tables.spectra_table(results, spreads),
    }


def _proof_table(results: Results, proof: Frame) -> Frame:
    shown = proof.rename(columns=lambda name: str(name).replace("_", " "))
    return shown if len(results.cells) > 1 else shown.drop(columns="cell")


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
