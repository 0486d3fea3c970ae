"""What a RunSpec's fields are called in a grid file, and pydantic's complaints in plain words."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from bench.problems import KeyPath, show, unknown_key, unknown_name
from runners.datasets import DATASETS
from runners.lipschitz import METHODS
from runners.models import MODELS
from runners.optim import OPTIMIZERS, SETTINGS
from runners.spec import Evaluation, RunSpec

COMPONENTS: dict[str, Mapping[str, type]] = {
    "method": METHODS,
    "dataset": DATASETS,
    "model": MODELS,
    "optimizer": OPTIMIZERS,
}
"""Fields given as a name, or a mapping of name and parameters."""

ELSEWHERE = {"method": "methods", "methods": "methods", "seed": "seeds", "seeds": "seeds"}
"""Keys that stand at the top of a grid file, not in base or axes -> where."""

SETTING = "setting"
SETS = ("optimizer", "n_dis")
"""The fields that ``setting`` is short for."""


def _names(cls: Any) -> set[str]:
    return {field.name for field in dataclasses.fields(cls)}


BASE = frozenset(_names(RunSpec) - set(ELSEWHERE) | {SETTING})
"""Keys of base, and first parts of an axis."""


def key_problem(key: str) -> str | None:
    """Say why a dotted key such as ``model.width`` names no field of base, or return None."""
    first, dot, rest = key.partition(".")
    if first not in BASE:
        return unknown_key(first, BASE)
    choices = _parameters(first)
    if not dot or rest in choices:
        return None
    return unknown_key(rest, choices - {"name"}) if choices else f"{first} has no parameters"


def _parameters(field: str) -> set[str]:
    if field == "evaluation":
        return _names(Evaluation)
    return set().union(*(_names(cls) for cls in COMPONENTS.get(field, {}).values()))


def setting_problem(value: object) -> str | None:
    """Say why a value is not a named optimiser setting, or return None."""
    if isinstance(value, str) and value in SETTINGS:
        return None
    return unknown_name(value, SETTINGS)


def beside_setting(keys: Iterable[str]) -> list[str]:
    """Return those of the keys that a ``setting`` among them would set."""
    given = list(keys)
    return [key for key in given if key in SETS] if SETTING in given else []


def is_key_problem(error: Mapping[str, Any]) -> bool:
    """Return whether an error is about a key rather than its value."""
    return error["type"] in ("unexpected_keyword_argument", "missing")


_EXPECTED = {
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "a name",
    "tuple_type": "a list",
    "finite_number": "a finite number",
}

_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("greater than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
}

_NOT_A_MAPPING = ("dataclass_type", "model_attributes_type", "dict_type")


def words(error: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """Return one of pydantic's errors in plain words, with the value and the choices.

    Args:
        error: as pydantic lists it.
        data: what was validated: a spec's fields.
    """
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}, got {show(value)}"
    if kind in _BOUNDS:
        comparison, bound = _BOUNDS[kind]
        return f"must be {comparison} {_number(context[bound])}, got {show(value)}"
    if kind in _NOT_A_MAPPING:
        name = "a name or " if error["loc"][0] in COMPONENTS else ""
        return f"expected {name}a mapping, got {show(value)}"
    if kind == "literal_error":
        return f"expected {context['expected']}, got {show(value)}"
    if kind == "too_short":
        return f"must have at least {context['min_length']} entry, has {context['actual_length']}"
    return _rarer_words(error, data)


def _rarer_words(error: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    kind, value = error["type"], error["input"]
    if kind == "missing":
        return "required but missing"
    if kind == "misfit":
        return error["msg"]
    if kind == "unexpected_keyword_argument":
        return unknown_key(str(error["loc"][-1]), _names(_owner(error["loc"], data)) - {"name"})
    if kind == "unknown_name":
        choices = error["ctx"]["choices"].split(", ")
        if isinstance(value, dict) and "name" not in value:
            return f"name is missing; choices: {', '.join(choices)}"
        return unknown_name(value["name"] if isinstance(value, dict) else value, choices)
    return f"{error['msg']}, got {show(value)}"


def _owner(loc: KeyPath, data: Mapping[str, Any]) -> type:
    if loc[0] in COMPONENTS:
        return COMPONENTS[str(loc[0])][data[str(loc[0])]["name"]]
    return Evaluation if len(loc) > 1 else RunSpec


def _number(bound: float) -> str:
    return f"{bound:g}" if isinstance(bound, float) else str(bound)
