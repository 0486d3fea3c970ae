"""A results folder to its report: page, tables and figure files."""

from __future__ import annotations

from pathlib import Path

from reports.folder import ReportFolder
from reports.load.loader import load
from reports.load.results import Results
from reports.page.earlier import LIST, earlier_pictures, listed
from reports.page.headline import headline
from reports.page.html import page
from reports.page.pictures import Picture, figure_files, pictures
from reports.page.sections import DRAWINGS
from reports.run_page.pages import run_pages
from reports.stats.numbers import Numbers, compute
from reports.stats.real_and_untrained import floor_notes
from reports.stats.tuning_sentence import tuning_sentence
from reports.tables.each_run import run_table
from reports.tables.files import to_csv, to_markdown
from reports.tables.summary import summary_numbers, summary_table
from reports.tables.tuning_comparison import comparison_numbers
from runners.store.grid import found

PAGE = "index.html"


def render(folder: Path, out: Path | None = None, force: bool = False) -> Path:
    """Write the report of a grid's results, complete or not.

    Args:
        folder: the grid's results folder, which holds grid.json.
        out: where to write; by default the folder's own report folder.
        force: draw every figure and write every run's page again, also those that the report
            before has.

    Returns:
        The path of index.html; summary.csv, summary.md, runs.csv, figures/ and pages/, a page
        for each run, lie next to it, and of a tuned grid trials.csv and tuning.csv.

    Raises:
        StoreProblem: the plan is missing or damaged.
        UserProblem: runs that would be compared were scored under different protocols, or nothing
            can be written there.
    """
    grid = found(folder)
    place = ReportFolder(out or grid.report_folder, given=out is not None)
    results = load(folder)
    place.prepare()
    numbers, known = compute(results), {} if force else earlier_pictures(place)
    if not (place.folder / PAGE).exists():
        place.replace({PAGE: page(results, numbers, None).encode()})
    drawn = pictures(DRAWINGS.values(), results, numbers, known)
    runs = run_pages(results, grid, place, force)
    place.replace({**runs.files, **_files(results, numbers, drawn)}, runs.kept)
    return place.folder / PAGE


def report_files(results: Results, drawn: list[Picture] | None = None) -> dict[str, bytes]:
    """Return the content of each file of a report by name, the page last; nothing is written.

    Args:
        results: what it shows.
        drawn: its figures; None draws them.
    """
    numbers = compute(results)
    if drawn is None:
        drawn = pictures(DRAWINGS.values(), results, numbers, {})
    return _files(results, numbers, drawn)


def _files(results: Results, numbers: Numbers, drawn: list[Picture]) -> dict[str, bytes]:
    """Return the content of each file of the report by name, the page last."""
    texts = {
        "summary.md": summary_markdown(results, numbers),
        "summary.csv": to_csv(summary_numbers(results, numbers)),
        "runs.csv": to_csv(run_table(results, numbers)),
    }
    if results.tuning:
        texts |= {
            "trials.csv": to_csv(results.trials),
            "tuning.csv": to_csv(comparison_numbers(numbers)),
        }
    files = {name: text.encode() for name, text in texts.items()}
    files |= {f"figures/{name}": data for name, data in figure_files(drawn).items()}
    files[LIST] = listed(drawn)
    return files | {PAGE: page(results, numbers, drawn).encode()}


def summary_markdown(results: Results, numbers: Numbers) -> str:
    """Return the summary table as Markdown, under its protocols, then what can be concluded."""
    table = summary_table(results, numbers)
    protocols = dict.fromkeys(results.scores["protocol"])
    lines = [f"Protocol: {protocol}\n" for protocol in protocols]
    lines += [f"\n{note}\n" for note in results.notes]
    after = [f"\n{note}\n" for note in floor_notes(results, numbers.references)]
    if results.tuned:
        after.append(f"\nNot the methods' defaults: {', '.join(results.tuned)}.\n")
    after.append(_conclusions(results, numbers))
    return f"# {results.name}\n\n{''.join(lines)}\n{to_markdown(table)}{''.join(after)}"


def _conclusions(results: Results, numbers: Numbers) -> str:
    """Return the headline as Markdown, or ''."""
    said = headline(results, numbers, tuning_sentence(results))
    if said is None:
        return ""
    claims = "".join(f"- {claim}\n" for claim in said.claims)
    return f"\n## What can be concluded\n\n{said.opening}\n\n{claims}\n{said.scope}\n"
