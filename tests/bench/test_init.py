"""The grid file to begin from: it runs as it is, says what is true, and overwrites nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.cli import app
from bench.grid import find, load
from bench.grid.fields import BASE, SETTING
from bench.init import TEMPLATE
from runners.errors import UserProblem
from runners.lipschitz import METHODS


def _init(path: str | Path) -> str:
    result = CliRunner().invoke(app, ["init", str(path)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def _ids(path: Path) -> list[str]:
    return [spec.run_id for spec in load(path).specs]


def test_it_is_the_default_grid_under_the_name_of_its_file(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert _init("my.yaml") == "my.yaml: written; next: bench run --grid my.yaml --dry-run\n"
    assert load(find("my.yaml")).name == "my"
    assert _ids(find("my.yaml")) == _ids(find("lipschitz"))


def test_what_it_says_to_hold_without_its_lines_does(tmp_path) -> None:
    text = re.sub(r"^  # (\w+:)", r"  \1", TEMPLATE.read_text(), flags=re.M)
    (tmp_path / "all.yaml").write_text(text)
    written = set(re.findall(r"^  (\w+):", text, flags=re.M))
    assert written == BASE - {SETTING}
    assert _ids(tmp_path / "all.yaml") == _ids(find("lipschitz"))


@pytest.mark.parametrize("section", ["axes", "tuning"])
def test_its_other_sections_are_valid(tmp_path, section) -> None:
    start = TEMPLATE.read_text()
    lines = re.search(rf"^# {section}:.*(?:\n#  .*)*", start, flags=re.M)
    assert lines
    (tmp_path / "grid.yaml").write_text(
        start + "\n" + re.sub("^# ", "", lines[0], flags=re.M) + "\n"
    )
    grid = load(tmp_path / "grid.yaml")
    assert grid.axes if section == "axes" else grid.tuning


def test_it_names_every_method_and_those_behind_a_mark_are_valid(tmp_path) -> None:
    text = re.sub(r"^  # - ", "  - ", TEMPLATE.read_text(), flags=re.M)
    (tmp_path / "all.yaml").write_text(text)
    assert {spec.method.name for spec in load(tmp_path / "all.yaml").specs} == set(METHODS)


def test_a_file_is_not_overwritten(tmp_path) -> None:
    (file := tmp_path / "my.yaml").write_text("mine")
    with pytest.raises(UserProblem, match="exists, and is left as it is; choose another name"):
        _init(file)
    (tmp_path / "link.yaml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UserProblem, match="exists"):
        _init(tmp_path / "link.yaml")
    assert file.read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("my grid.yaml", "names a grid 'my grid'; expected 1 to 80 letters"),
        (".yaml", "names a grid '.yaml'"),
        ("none/my.yaml", "no folder .*none; make it first"),
    ],
)
def test_a_file_that_could_not_be_run_is_not_written(tmp_path, name, words) -> None:
    with pytest.raises(UserProblem, match=words):
        _init(tmp_path / name)
    assert not list(tmp_path.iterdir())
