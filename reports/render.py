"""A results folder to its report: page, tables and figure files."""

from __future__ import annotations

import re
from pathlib import Path

from reports.figures import FIGURES
from reports.figures.style import encode
from reports.frame import Results, load
from reports.html import Numbers, Picture, compute, page
from reports.references import floor_notes
from reports.tables import scores as tables
from reports.tables.text import to_csv, to_markdown
from runners.files import write_bytes
from runners.store.grid import GridStore


def render(folder: Path, out: Path | None = None) -> Path:
    """Write the report of a grid's results, complete or not.

    Args:
        folder: the grid's results folder, which holds grid.json.
        out: where to write; by default the folder's own report folder.

    Returns:
        The path of index.html; summary.csv, summary.md, runs.csv and figures/ lie next to it.

    Raises:
        StoreProblem: the plan is missing or damaged.
        UserProblem: runs that would be compared were scored under different protocols.
    """
    results = load(folder)
    numbers = compute(results)
    pictures = list(_draw(results))
    out = out or GridStore(folder).report_folder
    (out / "figures").mkdir(parents=True, exist_ok=True)
    for file in (out / "figures").glob("*.[ps][nv]g"):  # no figure of an older plan stays
        file.unlink()
    for name, data in _files(results, numbers, pictures).items():
        write_bytes(out / name, data)
    return out / "index.html"


def _draw(results: Results) -> list[Picture]:
    pictures = []
    for key, drawing in FIGURES.items():
        for cell, figure in drawing.figures(results):
            pictures.append(Picture(key, cell, figure.get_figwidth(), *encode(figure)))
    return pictures


def _files(results: Results, numbers: Numbers, pictures: list[Picture]) -> dict[str, bytes]:
    frames = numbers.summary, numbers.score_summary, numbers.references
    whole = tables.summary_numbers(results, *frames)
    texts = {
        "summary.md": summary_markdown(results, numbers),
        "summary.csv": to_csv(whole),
        "runs.csv": to_csv(tables.run_table(results, numbers.scores)),
    }
    files = {name: text.encode() for name, text in texts.items()}
    for place, picture in enumerate(pictures):
        stem = f"figures/{_file_stem(picture, place)}"
        files |= {f"{stem}.svg": picture.svg, f"{stem}.png": picture.png}
    return files | {"index.html": page(results, numbers, pictures).encode()}  # the last


def _file_stem(picture: Picture, place: int) -> str:
    cell = re.sub(r"[^A-Za-z0-9_.=-]+", "_", picture.cell)[:60]
    return f"{place + 1:02d}-{picture.key}" + (f"-{cell}" if cell else "")


def summary_markdown(results: Results, numbers: Numbers) -> str:
    """Return the summary table as Markdown, under the protocols its scores were made with."""
    frames = numbers.summary, numbers.score_summary, numbers.references
    table = tables.summary_table(results, *frames)
    protocols = dict.fromkeys(results.scores["protocol"])
    lines = [f"Protocol: {protocol}\n" for protocol in protocols]
    lines += [f"\n{note}\n" for note in results.notes]
    after = [f"\n{note}\n" for note in floor_notes(numbers.references)]
    if results.tuned:
        after.append(f"\nNot the methods' defaults: {', '.join(results.tuned)}.\n")
    return f"# {results.name}\n\n{''.join(lines)}\n{to_markdown(table)}{''.join(after)}"
