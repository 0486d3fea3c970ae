"""What every registered component shares: strict fields, and lookup by name when a spec is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Union

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


def _split(text: str, registry: Mapping[str, type]) -> dict[str, str]:
    """Return the fields of ``name`` or ``name:argument``."""
    name, colon, argument = text.partition(":")
    field = getattr(registry.get(name), "argument", None)
    return {"name": name, field: argument} if colon and field else {"name": text}


def one_of(registry: Mapping[str, type]) -> Any:
    """Return a field type that accepts a name, or a mapping of ``name`` and parameters."""

    def expand(value: object) -> object:
        named = _split(value, registry) if isinstance(value, str) else value
        if isinstance(named, dict) and named.get("name") not in list(registry):
            raise PydanticCustomError(
                "unknown_name",
                "unknown name {name}; choices: {choices}",
                {"name": repr(named.get("name")), "choices": ", ".join(registry)},
            )
        return named

    union = Union[tuple(registry.values())]  # noqa: UP007 - built from a registry at run time
    return Annotated[union, Field(discriminator="name"), BeforeValidator(expand)]
