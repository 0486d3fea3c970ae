"""Results folders of several grids to one page, in a folder of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from reports.choice import Choice
from reports.folder import TABLES, ReportFolder
from reports.load.chosen import only_methods
from reports.load.columns import Frame
from reports.load.several import Grid, labels, load_several
from reports.page.earlier import LIST, earlier_pictures, listed
from reports.page.pictures import Content, Picture, figure_files, pictures
from reports.page.sections import DRAWINGS
from reports.page.several import Side, several_page
from reports.page.verdict import verdict
from reports.render import PAGE
from reports.stats.numbers import compute
from reports.stats.shown import shown
from reports.stats.signatures import signatures
from reports.stats.together import Told, together
from reports.tables.across import across_table
from reports.tables.files import to_csv, to_markdown
from reports.tables.latex import to_latex
from runners.errors import UserProblem

COMPARED = "compared"
"""The folder beside a grid's, of all pages that compare it."""
LONGEST = 120
Earlier = dict[str, Picture]


@dataclass(frozen=True)
class Compared:
    """What was written, and what it says.

    Args:
        page: the path of index.html.
        told: every grid but the first against the first.
    """

    page: Path
    told: Sequence[Told]

    @property
    def regressed(self) -> bool:
        """Whether a score of any of them became worse by more than the margin."""
        return any(one.regressed for one in self.told)

    @property
    def lines(self) -> list[str]:
        """A paragraph for each of them, then the signatures of what regressed or was compared."""
        signed = [line for one in self.told for line in _signed(one)]
        return [*(verdict(one) for one in self.told), *dict.fromkeys(signed)]


def render_several(
    folders: Sequence[Path],
    out: Path,
    force: bool,
    choice: Choice,
    margin: str | None = None,
) -> Compared:
    """Write one page of several grids, complete or not.

    Args:
        folders: their results folders; the others are held against the first.
        out: where to write, in no folder of these grids.
        force: draw every figure again.
        choice: what to show, and how.
        margin: within which a difference is of no interest, as it was asked for.

    Raises:
        StoreProblem: a plan is missing or damaged.
        UserProblem: a name that was chosen does not exist, or nothing can be written there.
    """
    grids = load_several(folders, choice)
    told = together(grids, margin, choice.methods)
    place = ReportFolder(out, given=True)
    _refuse_own(place.folder, grids)
    place.prepare()
    known = {} if force else earlier_pictures(place)
    sides = [_side(grid, choice, known) for grid in grids]
    place.replace(_files(sides, told))
    return Compared(place.folder / PAGE, told)


def beside(home: Path, folders: Sequence[Path]) -> Path:
    """Return where a page goes that was given no place: ``compared/<first>_<second>...``.

    Args:
        home: the results folder that it lies beside.
        folders: of the grids it is of.
    """
    words = [re.sub(r"[^A-Za-z0-9.=]+", "-", label).strip("-") for label in labels(folders)]
    return home.resolve().parent / COMPARED / "_".join(words)[:LONGEST]


def _refuse_own(folder: Path, grids: Sequence[Grid]) -> None:
    for grid in grids:
        if folder.is_relative_to(grid.store.folder.resolve()):
            raise UserProblem(
                f"--out: {folder} lies in {grid.store.folder}, which is for {grid.label} alone; "
                "choose a folder outside of it, or leave --out away"
            )


def _side(grid: Grid, choice: Choice, known: Earlier) -> Side:
    results = only_methods(grid.results, choice.methods)
    numbers = shown(compute(grid.results), results)
    drawn = pictures(DRAWINGS.values(), Content(results, numbers, choice, known))
    named = [replace(one, cell=" ".join(filter(None, (grid.label, one.cell)))) for one in drawn]
    return Side(replace(grid, results=results), numbers, named)


def _files(sides: Sequence[Side], told: Sequence[Told]) -> dict[str, bytes]:
    """Return the content of each file by name, the page last."""
    drawn = [picture for side in sides for picture in side.pictures]
    table = pd.concat([_with_sides(across_table(one), one) for one in told]).fillna("")
    numbers = pd.concat([_with_sides(one.rows, one) for one in told])
    words = "\n\n".join(verdict(one) for one in told)
    texts = {
        f"{TABLES}/across.csv": to_csv(numbers),
        f"{TABLES}/across.md": f"{to_markdown(table)}\n{words}\n",
        f"{TABLES}/across.tex": to_latex(table, words, "across"),
    }
    files = {name: text.encode() for name, text in texts.items()}
    files |= {f"figures/{name}": data for name, data in figure_files(drawn).items()}
    files[LIST] = listed(drawn)
    return files | {PAGE: several_page(sides, told).encode()}


def _with_sides(frame: Frame, told: Told) -> Frame:
    frame = frame.copy()
    frame.insert(0, "grid", told.new.label)
    frame.insert(1, "against", told.old.label)
    return frame


def _signed(told: Told) -> list[str]:
    """Return the signatures of both sides of what was compared."""
    compared = told.rows[told.rows["outcome"] != ""]
    return [
        row["line"]
        for grid, cell in ((told.old, "old_cell"), (told.new, "cell"))
        for row in signatures(grid.results).to_dict("records")
        if (row["cell"], row["method"]) in {*zip(compared[cell], compared["method"], strict=True)}
    ]
