"""What every registered component shares: strict fields, and lookup by name when a spec is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import ConfigDict, PlainValidator, TypeAdapter
from pydantic_core import PydanticCustomError, PydanticKnownError

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Component:
    """A registered part of a run: a frozen dataclass, its fields its parameters.

    ``summary`` is its line in ``bench list``; ``name`` its name in the registry; ``earlier``
    says what a spec meant that was stored before a field existed: the field -> its value then.
    """

    summary: ClassVar[str] = ""
    earlier: ClassVar[Mapping[str, Any]] = {}

    if TYPE_CHECKING:

        @property
        def name(self) -> str:
            """Name in the registry."""
            ...


def one_of(registry: Mapping[str, type]) -> Any:
    """Return a field type that accepts a component by its name, or by name and parameters.

    The registry is looked up when a value is validated, so that it may grow. Accepted are an
    instance, ``name``, ``name:argument``, ``{name: ..., parameter: ...}`` and
    ``{name: {parameter: ...}}``.
    """

    def validate(value: object) -> object:
        if isinstance(value, tuple(registry.values())):
            return value
        named = written(value, registry)
        if not isinstance(named, dict):
            raise PydanticKnownError("dict_type")
        if named.get("name") not in list(registry):
            raise PydanticCustomError(
                "unknown_name",
                "unknown name {name}; choices: {choices}",
                {"name": repr(named.get("name")), "choices": ", ".join(registry)},
            )
        return _adapter(registry[named["name"]]).validate_json(json.dumps(named))

    return Annotated[Any, PlainValidator(validate)]


def written(value: object, registry: Mapping[str, type]) -> object:
    """Return a component as a mapping of ``name`` and parameters, however it was written."""
    if isinstance(value, str):
        return _split(value, registry)
    if isinstance(value, dict) and "name" not in value and len(value) == 1:
        ((name, parameters),) = value.items()
        if name in registry and isinstance(parameters, dict | None):
            return {"name": name, **(parameters or {})}
    return value


def _split(text: str, registry: Mapping[str, type]) -> dict[str, str]:
    """Return the fields of ``name`` or ``name:argument``."""
    name, colon, argument = text.partition(":")
    field = getattr(registry.get(name), "argument", None)
    return {"name": name, field: argument} if colon and field else {"name": text}


@cache
def _adapter(component: type) -> TypeAdapter[Any]:
    return TypeAdapter(component)


_ORIGINS: dict[Any, str] = {}
"""What came from outside this package -> its file and hash, as ``file@hash``."""


def register_origin(component: Any, file: str) -> None:
    """Remember the file that a component from outside this package came from."""
    _ORIGINS[component] = file


def origin(component: Any) -> str | None:
    """Return ``file@hash`` of a component from outside this package, or None."""
    return _ORIGINS.get(type(component)) or _ORIGINS.get(component)
