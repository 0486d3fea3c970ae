"""A results folder to its report: page, tables and figure files."""

from __future__ import annotations

from pathlib import Path

from reports.choice import Choice
from reports.folder import ReportFolder
from reports.load.chosen import only_methods, with_choice
from reports.load.loader import load
from reports.load.results import Results
from reports.page.chosen import chosen_words
from reports.page.cost_words import cost_words
from reports.page.earlier import LIST, earlier_pictures, listed
from reports.page.exports import summary_latex, table_files
from reports.page.headline import headline
from reports.page.html import page
from reports.page.pictures import Content, Picture, figure_files, pictures
from reports.page.sections import DRAWINGS
from reports.run_page.pages import run_pages
from reports.stats.numbers import Numbers, compute
from reports.stats.real_and_untrained import floor_notes
from reports.stats.shown import shown
from reports.stats.tuning_sentence import tuning_sentence
from reports.tables.each_run import run_table
from reports.tables.files import to_csv, to_markdown
from reports.tables.summary import summary_numbers, summary_table
from reports.tables.tuning_comparison import comparison_numbers
from runners.store.grid import GridStore, found

PAGE = "index.html"


USUAL = Choice()


def render(
    folder: Path, out: Path | None = None, force: bool = False, choice: Choice = USUAL
) -> Path:
    """Write the report of a grid's results, complete or not.

    Args:
        folder: the grid's results folder, which holds grid.json.
        out: where to write; by default the folder's own report folder.
        force: draw every figure and write every run's page again, also those that the report
            before has.
        choice: what to show, and how.

    Returns:
        The path of index.html; summary.csv, summary.md, summary.tex, runs.csv, figures/, tables/
        and pages/, a page for each run, lie next to it, and of a tuned grid trials.csv and
        tuning.csv.

    Raises:
        StoreProblem: the plan is missing or damaged.
        UserProblem: runs that would be compared were scored under different protocols, nothing
            can be written there, or a name that was chosen does not exist.
    """
    grid = found(folder)
    place = ReportFolder(out or grid.report_folder, given=out is not None)
    whole = with_choice(load(folder), choice)
    place.prepare()
    results = only_methods(whole, choice.methods)
    numbers = shown(compute(whole), results)
    known = {} if force else earlier_pictures(place)
    if not (place.folder / PAGE).exists():
        place.replace({PAGE: page(results, numbers, None).encode()}, place.unchanged_in())
    drawn = pictures(DRAWINGS.values(), Content(results, numbers, choice, known))
    runs = run_pages(results, grid, None if force else place)
    place.replace({**runs.files, **_files(results, numbers, drawn)}, runs.kept)
    return place.folder / PAGE


def report_files(
    results: Results, grid: GridStore, drawn: list[Picture] | None = None
) -> dict[str, bytes]:
    """Return the content of each file of a report by name, the page last; nothing is written.

    Args:
        results: what it shows.
        grid: where the runs' files are.
        drawn: its figures; None draws them.
    """
    numbers = compute(results)
    if drawn is None:
        drawn = pictures(DRAWINGS.values(), Content(results, numbers, Choice(), {}))
    return {**run_pages(results, grid).files, **_files(results, numbers, drawn)}


def _files(results: Results, numbers: Numbers, drawn: list[Picture]) -> dict[str, bytes]:
    """Return the content of each file of the report by name, the page last."""
    texts = {
        "summary.md": summary_markdown(results, numbers),
        "summary.csv": to_csv(summary_numbers(results, numbers)),
        **table_files(results, numbers),
        "runs.csv": to_csv(run_table(results, numbers)),
    }
    if results.tuning:
        texts |= {
            "trials.csv": to_csv(results.trials),
            "tuning.csv": to_csv(comparison_numbers(numbers)),
        }
    if not results.runs.empty:
        texts["summary.tex"] = summary_latex(results, numbers)
    files = {name: text.encode() for name, text in texts.items()}
    files |= {f"figures/{name}": data for name, data in figure_files(drawn).items()}
    files[LIST] = listed(drawn)
    return files | {PAGE: page(results, numbers, drawn).encode()}


def summary_markdown(results: Results, numbers: Numbers) -> str:
    """Return the summary table as Markdown, under its protocols, then what can be concluded."""
    table = summary_table(results, numbers)
    protocols = dict.fromkeys(results.scores["protocol"])
    lines = [f"Protocol: {protocol}\n" for protocol in protocols]
    said = [*results.notes, *chosen_words(results, numbers.family)]
    lines += [f"\n{note}\n" for note in said]
    after = [f"\n{note}\n" for note in floor_notes(results, numbers.references)]
    if results.tuned:
        after.append(f"\nNot the methods' defaults: {', '.join(results.tuned)}.\n")
    after.append(_conclusions(results, numbers))
    costly = cost_words(results, numbers)
    after += [f"\n{said}\n" for said in (*costly.swaps, *costly.warnings)]
    return f"# {results.name}\n\n{''.join(lines)}\n{to_markdown(table)}{''.join(after)}"


def _conclusions(results: Results, numbers: Numbers) -> str:
    """Return the headline as Markdown, or ''."""
    said = headline(results, numbers, tuning_sentence(results))
    if said is None:
        return ""
    claims = "".join(f"- {claim}\n" for claim in said.claims)
    return f"\n## What can be concluded\n\n{said.opening}\n\n{claims}\n{said.scope}\n"
