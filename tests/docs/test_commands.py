"""Every command of README.md and docs/ is run here as it stands, or listed with its reason."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import doc_pages
import pytest
from bench_pages import leaves
from doc_pages import ROOT, Line
from typer.testing import CliRunner

from bench.cli import app

SHORTENED = {"bench run": ["--steps", "10", "--seeds", "1"]}
"""What is added to a command to make it short: the only way in which one is changed."""

IN_CI = "by .ci/run, from a clean environment"
NOT_RUN = {
    "pip install": IN_CI,
    "pytest": IN_CI,
    "sphinx-build": "by .ci/run and tests/docs/test_site.py",
    "bash .ci/run": "it is what runs this",
    "python tests/benchmarks": IN_CI,
    "bench run --grid tuned.yaml": "160 trials: by .ci/run and tests/bench/test_tuned.py",
    "bench run --grid lipschitz.yaml --set dataset=mnist": "downloads MNIST; its loader and small "
    "files of its kind: tests/contracts/test_datasets.py",
    "bench run --grid mine.yaml --devices cuda": "needs two GPUs: tests/runners/test_slots.py",
    "bench run --grid mine.yaml --engine slurm": "tests/runners/test_slurm_engine.py",
    "bench run --grid big.yaml": "10,000 runs: tests/runners/test_slurm_engine.py",
    "bench run --grid mine.yaml --engine ray": "tests/runners/test_ray.py",
    "bench run --grid mine.yaml --shard 2/5": "--shard 1/2 and 2/2 are run",
    "bench report results/tuned": "by .ci/run",
    "bench report results/lipschitz hinge/lipschitz": "tests/bench/test_compared.py",
    "bench status results/mine": "bench status is run",
    "bench sync": "needs an account of wandb: tests/bench/test_sync.py",
}
"""First words of commands that are not run here -> the test that runs them, or why none does."""

OPTIONS_OF_OTHERS = {"--quick", "--compare", "--parts", "--rounds", "--partition"}
"""Options, in the pages' text, of programs other than `bench`."""


def listed(text: str) -> list[str]:
    """Return the entries of NOT_RUN that a command begins with."""
    return [words for words in NOT_RUN if text.startswith(words)]


def test_every_command_is_run_here_or_listed_with_its_reason() -> None:
    lost = [line for line in doc_pages.commands() if not line.text.startswith("bench ")]
    lost = [line for line in lost if not listed(line.text)]
    assert not lost, "neither run by this test nor listed in NOT_RUN of this file"
    typed = [line.text for line in doc_pages.commands()]
    unused = [words for words in NOT_RUN if not any(words in listed(text) for text in typed)]
    assert not unused, "listed in NOT_RUN, but no page has such a command"


def test_every_test_that_a_listed_command_names_exists() -> None:
    named = re.findall(r"tests/[\w/]+\.py", " ".join(NOT_RUN.values()))
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.fixture(scope="module")
def options() -> dict[str, set[str]]:
    """The options of each command."""
    known = {"--help", "-h"}
    return {
        name: known | {option for each in command.params for option in each.opts}
        for name, command in leaves()
    }


def _command(text: str, known: dict[str, set[str]]) -> str | None:
    return next((name for name in known if f"{text} ".startswith(f"{name} ")), None)


def test_every_command_and_option_named_in_a_page_exists(options) -> None:
    typed = [(line.page, line.text) for line in doc_pages.commands()]
    typed += [(page.name, code) for page in doc_pages.pages() for code in doc_pages.inline(page)]
    asked = [(page, text) for page, text in typed if re.match(r"bench( \w|$)", text)]
    wrong = [(page, text) for page, text in asked if text != "bench" and _missing(text, options)]
    assert not wrong, "the command line has no such command or option"


def _missing(text: str, options: dict[str, set[str]]) -> bool:
    name = _command(text, options)
    if name is None:
        return not re.fullmatch(r"bench (stats|--help|--version|--install-completion)", text)
    given = re.findall(r"(?<=\s)--?[a-z][\w-]*", re.sub(r'"[^"]*"', "", text))
    return not set(given) <= options[name]


def test_every_command_that_is_not_run_is_parsed_at_least(options) -> None:
    known = dict(leaves())
    typed = [line.text for line in doc_pages.commands() if line.text.startswith("bench ")]
    for text in filter(listed, typed):
        name = _command(text, options)
        assert name is not None
        given = known[name].make_context(name, shlex.split(text.removeprefix(name)))
        assert not given.args, f"{text}: left over"


def test_every_option_named_alone_is_one_of_some_command(options) -> None:
    known = set().union(*options.values()) | OPTIONS_OF_OTHERS
    named = {
        (page.name, option)
        for page in doc_pages.pages()
        for code in doc_pages.inline(page)
        for option in re.findall(r"^--[a-z][\w-]*", code)
    }
    assert not [pair for pair in named if pair[1] not in known]


@pytest.mark.slow
def test_every_command_runs_in_the_order_of_the_pages(tmp_path_factory, monkeypatch) -> None:
    home = tmp_path_factory.mktemp("reader")
    monkeypatch.chdir(home)
    plugin, *_ = doc_pages.fenced(ROOT / "docs" / "extending.md", "python")
    Path("mine.py").write_text(plugin)
    for text in dict.fromkeys(map(_short, doc_pages.commands())):
        if not listed(text):
            _, *words = [path for word in shlex.split(text) for path in _expanded(word)]
            done = CliRunner().invoke(app, words, catch_exceptions=False)
            assert done.exit_code == 0, f"{text}\n{done.output}"


def _short(line: Line) -> str:
    added = [
        part for words, more in SHORTENED.items() if line.text.startswith(words) for part in more
    ]
    return " ".join([line.text, *added])


def _expanded(word: str) -> list[str]:
    return sorted(map(str, Path().glob(word))) or [word] if "*" in word else [word]
