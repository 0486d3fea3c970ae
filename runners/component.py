"""What every registered component shares: strict fields, and lookup by name when a spec is read.

A registry is looked up each time a value is validated, never copied: it may grow later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import ConfigDict, PlainValidator, TypeAdapter
from pydantic_core import PydanticCustomError, PydanticKnownError

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


def one_of(registry: Mapping[str, type]) -> Any:
    """Return a field type that holds an instance of one of the registry's classes.

    Args:
        registry: name -> dataclass with a field ``name``.

    Returns:
        A type that accepts an instance, a name, ``name:argument``, or a mapping of ``name`` and
        parameters; problems are located below the field itself, as ("method", "scale").
    """
    return Annotated[Any, PlainValidator(lambda value: _validate(value, registry))]


def _validate(value: object, registry: Mapping[str, type]) -> object:
    if type(value) in registry.values():
        return value
    fields = _split(value, registry) if isinstance(value, str) else value
    if not isinstance(fields, dict):
        raise PydanticKnownError("dict_type")
    name = fields.get("name")
    if not isinstance(name, str) or name not in registry:
        raise PydanticCustomError(
            "unknown_name",
            "unknown name {name}; choices: {choices}",
            {"name": repr(name), "choices": ", ".join(registry)},
        )
    return _adapter(registry[name]).validate_json(json.dumps(fields))


def _split(text: str, registry: Mapping[str, type]) -> dict[str, str]:
    """Return the fields of ``name`` or ``name:argument``."""
    name, colon, argument = text.partition(":")
    field = getattr(registry.get(name), "argument", None)
    return {"name": name, field: argument} if colon and field else {"name": text}


@cache
def _adapter(cls: type) -> TypeAdapter[Any]:
    return TypeAdapter(cls)
