"""Components by name: looked up when a value is validated, problems located at their fields."""

from __future__ import annotations

import dataclasses
from typing import Literal

import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from runners.component import STRICT, one_of
from runners.lipschitz import METHODS
from runners.lipschitz.spectral_norm import SpectralNorm
from runners.spec import RunSpec


@dataclass(frozen=True, config=STRICT)
class Lonely:
    count: int = 1
    name: Literal["lonely"] = "lonely"


@pytest.fixture
def registry():
    return {"lonely": Lonely}


def problems(kind, value):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    return [(error["loc"], error["type"]) for error in caught.value.errors()]


@pytest.mark.parametrize("value", ["lonely", {"name": "lonely"}, {"name": "lonely", "count": 1}])
def test_a_name_or_a_mapping(registry, value):
    assert TypeAdapter(one_of(registry)).validate_python(value) == Lonely()


def test_problems_are_located_below_the_field_without_a_tag(registry):
    for kind in (one_of(registry), one_of({**registry, "other": SpectralNorm})):
        assert problems(kind, {"name": "lonely", "count": 1.5}) == [(("count",), "int_type")]
        assert problems(kind, {"name": "lonely", "cuont": 1}) == [
            (("cuont",), "unexpected_keyword_argument")
        ]


@pytest.mark.parametrize("value", ["x", {"name": "x"}, {}, {"name": [1]}, {"name": None}])
def test_unknown_names_tell_the_choices(registry, value):
    assert problems(one_of(registry), value) == [((), "unknown_name")]


@pytest.mark.parametrize("value", [None, 3, [1], SpectralNorm()])
def test_neither_a_name_nor_a_mapping_nor_an_instance(registry, value):
    assert problems(one_of(registry), value) == [((), "dict_type")]


def test_instances_pass_through(tiny):
    method = SpectralNorm(scale=2.0)
    spec = dataclasses.replace(tiny(), method=method)
    assert spec.method is method
    assert spec.dataset is dataclasses.replace(spec, seed=3).dataset


def test_locations_in_a_spec(tiny):
    with pytest.raises(ValidationError) as caught:
        tiny(method={"name": "spectral_norm", "scale": -1}, optimizer={"name": "adam", "lr": "x"})
    assert [error["loc"] for error in caught.value.errors()] == [
        ("method", "scale"),
        ("optimizer", "lr"),
    ]


def test_a_registry_may_grow_after_the_spec_was_made(tiny, monkeypatch):
    with pytest.raises(ValidationError):
        tiny(method="lonely")
    monkeypatch.setitem(METHODS, "lonely", Lonely)  # pyright: ignore
    monkeypatch.setattr(Lonely, "per_sample_gradient", False, raising=False)
    spec = tiny(method={"name": "lonely", "count": 3})
    assert isinstance(spec, RunSpec)
    assert spec.as_dict["method"] == {"count": 3, "name": "lonely"}
