"""What makes a run the run it is: an id that survives new fields, and specs of earlier versions.

The id hashes a schema number and the fields that differ from their defaults, so that a field
added with a default renames nothing. A default that changes would give old ids a new meaning:
it must raise SCHEMA, and a test holds the table of defaults.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

SCHEMA = 3
"""Raised whenever a default changes, or what a spec's numbers are. 1 hashed every field of the
resolved spec; up to 2, other random numbers were drawn."""

SINCE_3: dict[str, Any] = {
    "schedule": {"name": "constant", "warmup": 0},
    "ema": None,
    "augment": [],
}
"""Fields of the spec that schema 3 brought, and what specs without them meant."""


def distinct(value: Any) -> Any:
    """Return plain JSON data of a spec or component without the fields at their defaults.

    Names of components stay, and so does what has no default.
    """
    if dataclasses.is_dataclass(value):
        return {
            field.name: distinct(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.name == "name" or getattr(value, field.name) != field.default
        }
    if isinstance(value, list | tuple):
        return [distinct(item) for item in value]
    return value


def run_id(words: str, spec: Any) -> str:
    """Return a folder's name: readable words, and a hash of what the spec says.

    Args:
        words: data set, method and seed, for people.
        spec: a frozen dataclass of fields and components.
    """
    text = json.dumps({"schema": SCHEMA, **distinct(spec)}, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:10]
    return f"{re.sub(r'[^A-Za-z0-9_.=-]+', '_', words)[:80]}-{digest}"


def label(component: Any) -> str:
    """Return a component's name, with the parameters that differ from its defaults."""
    changed = {name: value for name, value in distinct(component).items() if name != "name"}
    return written(component.name, changed)


def written(name: str, parameters: Mapping[str, Any]) -> str:
    """Return ``name(parameter=value, ...)``, or the name alone."""
    words = ", ".join(f"{key}={_number(value)}" for key, value in parameters.items())
    return f"{name}({words})" if words else name


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def earlier(data: Mapping[str, Any]) -> bool:
    """Whether a stored spec was written before schema 3."""
    return "schedule" not in data


def upgraded(
    data: Mapping[str, Any],
    metrics: Mapping[str, Any],
    parts: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Return a stored spec as this version writes it.

    Schema 1 kept the settings of metrics beside their names: each metric says what they were.
    A stored spec holds every field its version knew, so what it or a component lacks is younger:
    SINCE_3 and the component say what it was before.

    Args:
        data: a stored spec of any schema.
        metrics: the registry of metrics.
        parts: fields of a spec that hold components -> their registries.
    """
    younger = {field: _filled(data[field], parts[field]) for field in parts if field in data}
    data, evaluation = {**SINCE_3, **data, **younger}, data.get("evaluation")
    if not isinstance(evaluation, dict):
        return data
    moved = [name for metric in metrics.values() for name in metric.formerly]
    kept = {key: value for key, value in evaluation.items() if key not in moved}
    if isinstance(kept.get("metrics"), list):
        kept["metrics"] = [_with_settings(entry, evaluation, metrics) for entry in kept["metrics"]]
    return {**data, "evaluation": kept}


def _filled(stored: Any, registry: Mapping[str, Any]) -> Any:
    """Return a stored component, or several, with the fields younger than it as they were."""
    if isinstance(stored, list):
        return [_filled(one, registry) for one in stored]
    if not isinstance(stored, dict) or not isinstance(stored.get("name"), str):
        return stored
    return {**_earlier(registry.get(stored["name"])), **stored}


def _earlier(component: type | None) -> dict[str, Any]:
    """Return what a component, and all it derives from, say of fields younger than them."""
    classes = reversed(component.__mro__) if component else ()
    return {
        field: value for cls in classes for field, value in vars(cls).get("earlier", {}).items()
    }


def _with_settings(entry: Any, evaluation: Mapping[str, Any], metrics: Mapping[str, Any]) -> Any:
    formerly = metrics[entry].formerly if isinstance(entry, str) and entry in metrics else {}
    found = {new: evaluation[old] for old, new in formerly.items() if old in evaluation}
    return {"name": entry, **found} if found else entry
