"""The page's tables as files: CSV, Markdown and LaTeX of each, and the summary for a paper."""

from __future__ import annotations

import html
from collections.abc import Mapping

from reports.folder import TABLES as FOLDER
from reports.load.columns import Frame
from reports.load.results import Results
from reports.page.chosen import chosen_words
from reports.page.headline import tests_counted
from reports.page.sections import SECTIONS, Section
from reports.page.wording import words
from reports.stats.best import Best, best_medians
from reports.stats.numbers import Numbers
from reports.stats.power import LEVEL
from reports.tables.files import to_csv, to_markdown
from reports.tables.latex import to_latex
from reports.tables.summary import SUMMARY, paper_summary
from reports.tables.table import Table
from reports.text import counted

RANGE = "[min, max]"
NO_INTERVAL = "Brackets hold the lowest and the highest seed; they are no confidence interval."
BOLD, STAR = r"\textbf{}", r"{}$^{\star}$"


def table_files(results: Results, numbers: Numbers) -> dict[str, str]:
    """Return every table of the page in three files, by name; the summary has files of its own."""
    files: dict[str, str] = {}
    for section in SECTIONS if not results.runs.empty else ():
        for part in section.parts if section.shown(results) else ():
            if not isinstance(part, Table) or part is SUMMARY:
                continue
            table = part.build(results, numbers)
            if not table.empty:
                files |= _three(part, section, table, results)
    return files


def _three(part: Table, section: Section, table: Frame, results: Results) -> dict[str, str]:
    name = f"{FOLDER}/{part.key}"
    caption = _caption(part, section, table, results)
    return {
        f"{name}.csv": to_csv(table),
        f"{name}.md": to_markdown(table),
        f"{name}.tex": to_latex(table, caption, part.key),
    }


def _caption(part: Table, section: Section, table: Frame, results: Results) -> str:
    said = {name: html.unescape(text) for name, text in words(results).items()}
    title = part.title or part.folded or section.title or section.short
    told = (part.explanation or section.explanation).format(**said)
    ranges = any(RANGE in str(column) for column in table.columns)
    parts = [f"{results.name}: {title}.", told, planned(results), NO_INTERVAL if ranges else ""]
    return " ".join(filter(None, parts))


def planned(results: Results) -> str:
    """Return how many seeds are planned of a method, as ``n = 6 planned seeds per method.``.

    Of imported runs, none of which was planned, it is how many there are.
    """
    seeds = results.runs.groupby(["cell", "method"], observed=True)["seed"]
    counts, what = (seeds.nunique(), "planned seed") if results.paired else (seeds.size(), "run")
    low, high = int(counts.min()), int(counts.max())
    many = counted(high, what) if low == high else f"{low} to {high} {what}s"
    return f"n = {many} per method."


def summary_latex(results: Results, numbers: Numbers) -> str:
    """Return the summary for a paper, the best final median of each score marked.

    Bold is what the page claims to be better than every other method that it shows; any other best
    median has a star, which the caption says is no claim.
    """
    table, places = paper_summary(results, numbers)
    best = best_medians(numbers, results.columns.by_name)
    at = {(one.cell, one.metric, one.method): one for one in best}
    marks = [
        (row, column, BOLD if at[key].proven else STAR)
        for key, (row, column) in places.items()
        if key in at
    ]
    return to_latex(table, _summary_caption(results, numbers, best), "summary", marks)


def _summary_caption(results: Results, numbers: Numbers, best: list[Best]) -> str:
    known: Mapping[str, None] = dict.fromkeys(results.scores["protocol"])
    family = numbers.family
    parts = [
        f"{results.name}: median [lowest, highest seed], {planned(results)}",
        "The brackets are the range over seeds that finished, no confidence interval; runs that "
        "did not finish have no final score, and are counted.",
        *chosen_words(results, family),
    ]
    if any(one.proven for one in best):
        parts.append(
            f"Bold: better than every other method shown, exact {family.test} test, "
            f"p after Holm over {tests_counted(family)} at most {LEVEL:g}."
        )
    if any(not one.proven for one in best):
        parts.append(
            "A star marks the best median of a score in each cell, diverged runs ranked worst; it "
            "is not shown to be better than all others."
        )
    parts += [f"Scored as {protocol}." for protocol in known]
    return " ".join(parts)
