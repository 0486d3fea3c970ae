"""Render the report of one grid, or of several."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bench import completion
from bench.commands.options import Plugins, load, names


class Style(StrEnum):
    """How the figures of a report look."""

    page = "page"
    paper = "paper"


def report(
    results: Annotated[
        list[Path] | None,
        typer.Argument(
            help="A grid's results folder, default the newest under results/; or several, of which "
            "the others are compared with the first.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder to write to; default: RESULTS/report, of several grids a folder in "
            "compared/ beside RESULTS."
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="OLD",
            help="Compare with an older grid; exit code 1 if anything is worse beyond noise.",
        ),
    ] = None,
    margin: Annotated[
        str | None,
        typer.Option(
            metavar="[SCORE=]SIZE",
            help="What is no regression yet: 10% of the old score, or 0.5; default: 20%.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Draw figures again that have not changed.")
    ] = False,
    metric: Annotated[
        str | None,
        typer.Option(
            help="The score that claims are made of; default: the plan's first.",
            autocompletion=completion.metrics,
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(metavar="METHOD", help="The method that the others are compared against."),
    ] = None,
    methods: Annotated[
        str | None, typer.Option(help="Methods to show, separated by commas; default: all.")
    ] = None,
    formats: Annotated[
        str | None,
        typer.Option(
            help="Further files of every figure: png, svg, pdf, separated by commas; default: "
            "what the page shows, which is SVG, and PNG of pixels."
        ),
    ] = None,
    style: Annotated[
        Style, typer.Option(help="Figures for the page, or for a column of a paper.")
    ] = Style.page,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    plugin: Plugins = None,
) -> None:
    """Render grids' results, finished or not, as tables, figures and one HTML page."""
    from bench.compared import folders_of
    from reports.choice import Choice

    folders = folders_of(results or [], against, margin)
    choice = Choice(metric, baseline, names(methods), names(formats) or (), style.value)
    load(plugin)
    regressed, lines = False, []
    with _nothing_collected():
        if len(folders) == 1:
            from reports.render import render  # imports the drawing libraries, which takes seconds

            page = render(folders[0], out, force, choice)
        else:
            from reports.render_several import beside, render_several

            home = folders[0 if against is None else 1]
            done = render_several(folders, out or beside(home, folders), force, choice, margin)
            page, lines = done.page, done.lines
            regressed = against is not None and done.regressed
    for line in lines:
        typer.echo(line)
    typer.echo(f"report: {page}")
    if open_:
        _open(page)
    raise typer.Exit(1 if regressed else 0)


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Spare the tenth of the time that looking through millions of rows for rubbish takes."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _open(page: Path) -> None:
    """Open a page in the user's browser, or say that there is none."""
    import webbrowser

    if not webbrowser.open(page.absolute().as_uri()):
        typer.echo(f"--open: no browser was found; open {page} yourself", err=True)
