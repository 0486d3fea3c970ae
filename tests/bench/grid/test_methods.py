"""The methods of a grid: forms of an entry, and the exact words for what is wrong with one."""

from typing import Literal

import pytest
from pydantic.dataclasses import dataclass

from bench.grid import Overrides, load
from runners.component import STRICT
from runners.lipschitz import METHODS
from runners.lipschitz.base import Method

ALL_METHODS = f"choices: {', '.join(METHODS)}"


def test_methods_with_parameters(write, edited):
    methods = "[spectral_norm: {scale: 2}, {name: spectral_norm, scale: 3}, {none: }]"
    specs = load(write(edited("[none, spectral_norm]", methods))).specs
    assert [s.method_label for s in specs[:3]] == [
        "spectral_norm(scale=2)",
        "spectral_norm(scale=3)",
        "none",
    ]


def test_misfit_is_the_methods(refused, edited):
    text = edited("[none, spectral_norm]", "[none, gradient_penalty: {lambda_gp: 1}]")
    assert refused(text + "axes: {model.norm: [none, batch]}") == [
        "grid.yaml:8:17: methods[1].gradient_penalty: gradient_penalty needs a gradient per "
        "sample, which batch norm in the discriminator (model.norm: batch) does not have; use "
        "norm: none or layer, or force: true"
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("methods: [none, spectral_norm]", "", "1:1: methods: required but missing"),
        ("[none, spectral_norm]", "none", "8:10: methods: expected a list of methods, got 'none'"),
        ("[none, spectral_norm]", "[]", "8:10: methods: expected a list of methods, got []"),
        (
            "[none, spectral_norm]",
            "[3]",
            "8:11: methods[0]: expected a name, or a name with parameters, got 3",
        ),
        (
            "[none, spectral_norm]",
            "[none: 3]",
            "8:11: methods[0]: expected a mapping of parameters below 'none', got 3",
        ),
        (
            "[none, spectral_norm]",
            "[name: [1]]",
            "8:11: methods[0]: name: expected a method's name, got [1]",
        ),
        (
            "[none, spectral_norm]",
            "[nome: {}]",
            f"8:11: methods[0].nome: unknown name 'nome'; did you mean none? {ALL_METHODS}",
        ),
        (
            "[none, spectral_norm]",
            "[{none: {name: none}}]",
            "8:11: methods[0]: the name is given twice, as a key and inside 'none'",
        ),
        (
            "[none, spectral_norm]",
            "\n- spectral_norm:\n  scale: 1",
            "9:3: methods[0]: expected one name with its parameters nested below it, "
            "got the keys 'spectral_norm', 'scale'",
        ),
        (
            "[none, spectral_norm]",
            "[none, spectral_norm: {scale: 1.0}, spectral_norm]",
            "8:46: methods[2]: the same as methods[1]",
        ),
    ],
)
def test_problem(refused, edited, old, new, problem):
    assert refused(edited(old, new)) == [f"grid.yaml:{problem}"]


@dataclass(frozen=True, config=STRICT)
class Late(Method):
    strength: float
    name: Literal["late"] = "late"


def test_a_method_registered_after_the_import(write, refused, edited, monkeypatch):
    text = edited("[none, spectral_norm]", "[late: {strength: 2}]")
    (line,) = refused(text)
    assert line.startswith("grid.yaml:8:11: methods[0].late: unknown name 'late'; ")
    monkeypatch.setitem(METHODS, "late", Late)
    assert load(write(text)).specs[0].method == Late(strength=2.0)
    assert refused(text.replace("strength", "strenth")) == [
        "grid.yaml:8:11: methods[0].late.strength: required but missing",
        "grid.yaml:8:18: methods[0].late.strenth: unknown key; did you mean strength? "
        "choices: strength",
    ]
    assert refused(edited("seeds: 2", "seeds: 1"), Overrides(methods=("late",))) == [
        "--methods late: strength: required but missing"
    ]
