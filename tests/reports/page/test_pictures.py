"""Figures are drawn once: what an earlier report drew is taken from there if it looks the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from reports.choice import Choice
from reports.folder import ReportFolder
from reports.page import pictures as drawing
from reports.page.earlier import earlier_pictures
from reports.page.pictures import Content, fingerprint, pictures
from reports.page.sections import DRAWINGS
from reports.render import render
from runners.files import digest
from runners.store.states import State

FEW = {key: DRAWINGS[key] for key in ("survival", "samples", "norms")}


@pytest.fixture(autouse=True)
def _few(monkeypatch) -> None:
    monkeypatch.setattr("reports.render.DRAWINGS", FEW)


@pytest.fixture
def report(mixed_folder, tmp_path) -> Path:
    """A report of a few figures."""
    return render(mixed_folder, tmp_path / "report").parent


def _drawn(monkeypatch) -> list[str]:
    """Return a list that takes the title of every figure that is encoded, in this process."""
    seen: list[str] = []
    encode = drawing.style.encode

    def counted(figure: Figure, *how: Any) -> dict[str, bytes]:
        seen.append(figure.get_suptitle())
        return encode(figure, *how)

    monkeypatch.setattr(drawing, "_cores", lambda: 1)
    monkeypatch.setattr(drawing.style, "encode", counted)
    return seen


def test_nothing_is_drawn_again_that_looks_the_same(mixed_folder, report, monkeypatch) -> None:
    before = {file.name: file.read_bytes() for file in report.rglob("*.*") if file.is_file()}
    seen = _drawn(monkeypatch)
    render(mixed_folder, report)
    assert seen == []
    assert before == {f.name: f.read_bytes() for f in report.rglob("*.*") if f.is_file()}
    render(mixed_folder, report, force=True)
    assert len(seen) == 3


def test_what_changed_is_drawn(mixed_folder, write_grid, make_spec, report, monkeypatch) -> None:
    old = json.loads((report / "figures.json").read_text())
    seen = _drawn(monkeypatch)
    render(write_grid([make_spec("none", seed) for seed in (0, 1)]), report)
    assert len(seen) >= 2
    new = json.loads((report / "figures.json").read_text())
    assert not {row["mark"] for row in new} & {row["mark"] for row in old}


def test_a_figure_that_was_edited_is_drawn(mixed_folder, report, monkeypatch) -> None:
    file = report / "figures/01-survival.svg"
    sound = file.read_bytes()
    file.write_bytes(sound + b"<!-- edited -->")
    seen = _drawn(monkeypatch)
    render(mixed_folder, report)
    assert len(seen) == 1
    assert file.read_bytes() == sound


@pytest.mark.parametrize("text", ["", "[", "[1]", '[{"mark": "x"}]', '{"mark": 1}'])
def test_a_list_that_cannot_be_read_is_none(tmp_path, text) -> None:
    (tmp_path / "figures.json").write_text(text)
    place = ReportFolder(tmp_path, given=True)
    place._written = lambda: {"figures.json": digest(text.encode())}  # pyright: ignore
    assert earlier_pictures(place) == {}


def test_several_processes_draw_what_one_does(mixed, numbers_of, monkeypatch) -> None:
    numbers = numbers_of(mixed)
    monkeypatch.setattr(drawing, "_cores", lambda: 2)
    two = pictures(FEW.values(), Content(mixed, numbers, Choice(), {}))
    monkeypatch.setattr(drawing, "_cores", lambda: 1)
    assert two == pictures(FEW.values(), Content(mixed, numbers, Choice(), {}))
    assert [picture.key for picture in two] == list(FEW)


def test_a_fault_in_a_drawing_process_is_raised_here(mixed, numbers_of, monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("of the drawing")

    numbers = numbers_of(mixed)
    monkeypatch.setattr(drawing, "_cores", lambda: 2)
    monkeypatch.setattr(drawing.style, "encode", fail)
    with pytest.raises(ZeroDivisionError, match="of the drawing"):
        pictures(FEW.values(), Content(mixed, numbers, Choice(), {}))


def test_a_mark_is_of_what_is_seen() -> None:
    def plain(height: float, colour: str = "C0") -> Figure:
        figure = Figure()
        figure.subplots().plot([0, 1], [0, height], color=colour)
        return figure

    assert fingerprint(plain(1), 9) == fingerprint(plain(1), 9) != fingerprint(plain(1), 8)
    assert len({fingerprint(f, 9) for f in (plain(1), plain(1.0001), plain(1, "C1"))}) == 3


def test_the_page_is_there_while_figures_are_drawn(mixed_folder, tmp_path, monkeypatch) -> None:
    pages: list[str] = []

    def look(*arguments: object) -> list[object]:
        pages.append((tmp_path / "early/index.html").read_text())
        return []

    monkeypatch.setattr("reports.render.pictures", look)
    page = render(mixed_folder, tmp_path / "early")
    assert pages[0].count("This figure is being drawn.") >= len(FEW)
    assert 'http-equiv="refresh"' in pages[0]
    assert "14.4 [13.7, 15.1]" in pages[0]
    assert "being drawn" not in page.read_text()
    assert 'http-equiv="refresh"' not in page.read_text()
    render(mixed_folder, tmp_path / "early")
    assert "being drawn" not in pages[1], "a page that is whole stays until the next one is"


def test_an_unfinished_grid_has_a_report_too(write_grid, make_spec, tmp_path) -> None:
    folder = write_grid([make_spec("none", 0)], states={("none", 0): State.MISSING})
    assert render(folder, tmp_path / "r").exists()


@pytest.mark.slow
def test_formats_and_style_decide_what_is_drawn_again(mixed_folder, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("reports.render.DRAWINGS", {"survival": FEW["survival"]})
    report = render(mixed_folder, tmp_path / "report").parent
    before = {file.name: file.read_bytes() for file in (report / "figures").iterdir()}
    asked: list[set[str]] = []
    encode = drawing.style.encode

    def counted(figure: Figure, formats: set[str], dpi: int) -> dict[str, bytes]:
        asked.append(formats)
        return encode(figure, formats, dpi)

    monkeypatch.setattr(drawing, "_cores", lambda: 1)
    monkeypatch.setattr(drawing.style, "encode", counted)
    more, paper = Choice(formats=("png", "svg", "pdf")), Choice(style="paper")
    render(mixed_folder, report, choice=more)
    assert asked == [{"pdf", "png"}], "the SVG is as it was"
    names = {file.name for file in (report / "figures").iterdir()}
    assert names == {f"{name[:-3]}{form}" for name in before for form in ("svg", "pdf", "png")}
    assert {name: (report / "figures" / name).read_bytes() for name in before} == before
    render(mixed_folder, report, choice=more)
    assert len(asked) == 1
    render(mixed_folder, report, choice=paper)
    assert asked[1:] == [{"svg"}]
    assert {file.name for file in (report / "figures").iterdir()} == {*before}
    render(mixed_folder, report, choice=paper)
    assert len(asked) == 2
    render(mixed_folder, report)
    assert {file.name: file.read_bytes() for file in (report / "figures").iterdir()} == before


def test_the_page_has_its_pictures_whatever_the_formats(
    mixed_folder, tmp_path, monkeypatch
) -> None:
    few = {key: FEW[key] for key in ("survival", "samples")}
    monkeypatch.setattr("reports.render.DRAWINGS", few)
    page = render(mixed_folder, tmp_path / "r", choice=Choice(formats=("pdf",)))
    names = sorted(file.name for file in (page.parent / "figures").iterdir())
    assert names == [
        "01-survival.pdf", "01-survival.svg", "02-samples.pdf", "02-samples.png",
    ]  # fmt: skip
    assert page.read_text().count("data:image/svg+xml;base64,") == 1
