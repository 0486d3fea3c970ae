"""The reference of all keys: made from the code, so nothing is missing and nothing is made up."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from bench.cli import app
from bench.grid import fields, reader, tuning
from bench.reference import meanings, reference, written
from runners.losses import LOSSES
from runners.metrics.kid import KID
from runners.spec import Evaluation, RunSpec


@pytest.fixture(scope="module")
def sections() -> dict[str, list[str]]:
    """The lines below each heading."""
    texts = reference().split("\n\n")
    return {lines[0]: lines[1:] for lines in (text.splitlines() for text in texts)}


def _keys(lines: list[str]) -> set[str]:
    return {line.split(":")[0].strip() for line in lines if not line.startswith("    ")}


def test_every_key_of_every_section_is_there(sections) -> None:
    assert _keys(sections["a grid file"]) == set(reader.KEYS)
    assert _keys(sections["base"]) == {f"base.{name}" for name in fields.BASE}
    names = fields.names(Evaluation)
    assert _keys(sections["base.evaluation"]) == {f"base.evaluation.{name}" for name in names}
    assert _keys(sections["tuning"]) == {f"tuning.{name}" for name in tuning.KEYS}


def test_every_parameter_of_every_component_is_there(sections) -> None:
    for field, registry in (fields.COMPONENTS | fields.LISTS).items():
        for name, component in registry.items():
            shown = fields.ELSEWHERE.get(field, field)
            (heading,) = (title for title in sections if title.startswith(f"{shown}: {name},"))
            parameters = fields.names(component) - {"name"}
            assert _keys(sections[heading]) == (parameters or {"no parameters"})


def test_every_field_has_a_meaning() -> None:
    registries = [*fields.COMPONENTS.values(), *fields.LISTS.values()]
    classes = [Evaluation, *(cls for registry in registries for cls in registry.values())]
    nameless = [(cls, fields.names(cls) - {"name"} - meanings(cls).keys()) for cls in classes]
    nameless.append((RunSpec, fields.names(RunSpec) - meanings(RunSpec).keys()))
    assert not [(cls.__name__, missing) for cls, missing in nameless if missing]


@pytest.mark.parametrize(
    "words",
    [
        "seeds: count up to 10,000, or list of integers; required\n",
        "base.steps: integer >= 1, <= 10,000,000; required\n    generator updates\n",
        "base.batch_size: integer >= 2, <= 65,536; default 64\n",
        f"base.loss: {', '.join(LOSSES)}; default nonsaturating\n",
        "base.ema: number > 0, < 1 or null; default null\n",
        "base.precision: fp32, bf16; default fp32\n",
        "lr: number > 0, <= 1e+09; default 0.0002\n",
        "width: integer >= 2, <= 512, multiple of 2; default 128\n",
        "tuning.trials: integer from 2 to 10,000; required\n",
    ],
)
def test_types_defaults_and_meanings(words) -> None:
    assert f"\n  {words}" in reference()


def test_a_meaning_of_several_lines_is_one() -> None:
    assert meanings(KID)["subset_size"] == (
        "data per subset; at most the number of samples and of training images. Against a split "
        "that has fewer, all of it is the subset"
    )


def test_values_are_written_as_in_a_grid_file() -> None:
    value = {"a": None, "name": "x", "b": [True, 1e-4, "y"]}
    assert written(value) == "{name: x, a: null, b: [true, 0.0001, y]}"


def test_components_of_a_plugin_are_there_and_no_torch_is_needed(tmp_path) -> None:
    code = "import sys; from bench.cli import app; app(sys.argv[1:], standalone_mode=False); "
    code += "print('torch' in sys.modules)"
    plugin = tmp_path / "mine.py"
    plugin.write_text(
        "from typing import Literal\n"
        "from pydantic.dataclasses import dataclass\n"
        "from runners.component import STRICT\n"
        "from runners.schedules import Schedule\n\n\n"
        "@dataclass(frozen=True, config=STRICT)\n"
        "class Mine(Schedule):\n"
        '    """Falls.\n\n    Args:\n        by: how much.\n    """\n\n'
        '    summary = "falls"\n    name: Literal["mine"] = "mine"\n    by: float = 0.5\n\n\n'
        'SCHEDULES = {"mine": Mine}\n'
    )
    command = [sys.executable, "-c", code, "grid-reference", "--plugin", str(plugin)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "schedule: mine, falls\n" in done.stdout
    assert "  by: number; default 0.5\n    how much\n" in done.stdout
    assert done.stdout.endswith("False\n")


def test_it_is_printed() -> None:
    result = CliRunner().invoke(app, ["grid-reference"], catch_exceptions=False)
    assert result.output.startswith("a grid file\n")
