"""`bench report` as it is typed: options, wrong names, and a browser that is not there."""

from __future__ import annotations

import webbrowser

import pytest
from typer.testing import CliRunner

from bench.cli import app
from runners.errors import UserProblem
from runners.store.grid import GridStore


@pytest.fixture
def folder(tiny, tmp_path):
    spec = tiny()
    GridStore(tmp_path / "g").write_plan("g", {spec.run_id: spec.as_dict})
    return tmp_path / "g"


@pytest.fixture(autouse=True)
def _no_figures(monkeypatch) -> None:
    monkeypatch.setattr("reports.render.DRAWINGS", {})


def _report(folder, *options: str):
    return CliRunner().invoke(app, ["report", str(folder), *options])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--methods", "nope"), "--methods: there is no nope here; choices: "),
        (("--baseline", "nope"), "--baseline: there is no nope here; choices: "),
        (("--metric", "fid"), "--metric: fid cannot lead, as no run has been scored yet"),
        (("--formats", "png,jpg"), "--formats: there is no jpg here; choices: png, svg, pdf"),
    ],
)
def test_a_wrong_name_is_refused_and_nothing_is_written(folder, options, said) -> None:
    done = _report(folder, *options)
    assert isinstance(done.exception, UserProblem)  # the command's process ends with 2 of it
    assert said in str(done.exception)
    assert not (folder / "report").exists()


def test_a_wrong_style_is_refused_with_those_that_exist(folder) -> None:
    done = _report(folder, "--style", "poster")
    assert done.exit_code == 2
    assert "page" in done.output
    assert "paper" in done.output


@pytest.mark.parametrize("there", [True, False])
def test_open_shows_the_page_or_says_that_it_cannot(folder, monkeypatch, there) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or there)
    done = _report(folder, "--open")
    assert done.exit_code == 0
    assert opened == [(folder / "report/index.html").absolute().as_uri()]
    assert ("no browser was found" in done.output) != there
