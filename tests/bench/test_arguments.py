"""No option of any command takes an empty value, or a flag for one."""

from __future__ import annotations

import pytest
import typer.main
from typer.testing import CliRunner

from bench.cli import app
from runners.errors import UserProblem

COMMANDS = typer.main.get_command(app).commands  # pyright: ignore

VALUES = [
    (name, parameter)
    for name, command in COMMANDS.items()
    for parameter in command.params
    if not getattr(parameter, "is_flag", False)
]


def _refused(*arguments: str) -> str:
    with pytest.raises(UserProblem) as caught:
        CliRunner().invoke(app, arguments, catch_exceptions=False)
    return str(caught.value)


def _option(parameter) -> str | None:
    named = max(parameter.opts, key=len)
    return named if named.startswith("--") else None


@pytest.mark.parametrize("empty", ["", " "])
@pytest.mark.parametrize(("name", "parameter"), VALUES, ids=lambda one: getattr(one, "name", one))
def test_an_empty_value_is_refused_by_name(name, parameter, empty) -> None:
    option = _option(parameter)
    label = option or parameter.metavar or parameter.name.upper()
    said = _refused(name, *filter(None, [option]), empty)
    assert said.startswith(f"{label}: is empty; give a value")
    assert ("leave it out" in said) is not parameter.required


@pytest.mark.parametrize(
    ("name", "parameter"),
    [(name, parameter) for name, parameter in VALUES if _option(parameter)],
    ids=lambda one: getattr(one, "name", one),
)
def test_a_flag_is_no_value(name, parameter) -> None:
    option = _option(parameter)
    said = _refused(name, str(option), "--help")
    assert said.startswith(f"{option}: needs a value, got --help, which reads as a flag")


def test_all_are_told_at_once() -> None:
    said = _refused("run", "--grid", "", "--methods", "", "--out", "--dry-run").splitlines()
    assert [line.partition(":")[0] for line in said] == ["--grid", "--methods", "--out"]


def test_a_number_below_zero_is_no_flag(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert _refused("run", "--grid", "smoke", "--steps", "-5", "--seeds", "-1").splitlines() == [
        "--seeds -1: expected a count or a list of integers, got '-1'",
        "--steps -5: steps: must be at least 1, got -5",
    ]


def test_an_option_of_another_program_is_a_value(monkeypatch) -> None:
    said = _refused("run", "--grid", "smoke.yaml", "--sbatch", "--exclusive")
    assert said == "--engine local: --sbatch is for --engine slurm"


def test_who_leaves_cannot_watch() -> None:
    for watched in ("--retries", "--run-timeout"):
        said = _refused(
            "run", "--grid", "smoke.yaml", "--engine", "slurm", "--detach", watched, "2"
        )
        assert said.startswith("--detach: --retries and --run-timeout need somebody who watches")
