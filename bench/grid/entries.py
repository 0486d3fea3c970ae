"""An entry of a list of components: a name, or a name with parameters, in either of two forms."""

from __future__ import annotations

from typing import Any

from bench.grid.document import KeyPath
from bench.grid.messages import show


def component(entry: object, kind: str) -> tuple[dict[str, Any], KeyPath] | str:
    """Return the component that an entry names, or what is wrong with the entry's form.

    Args:
        entry: ``kid``, ``{name: kid, subsets: 5}`` or ``{kid: {subsets: 5}}``.
        kind: what is listed, for the words: ``method``.

    Returns:
        A mapping of ``name`` and parameters, not validated yet, with the keys inside the entry
        below which its parameters stand; or a problem in words.
    """
    if isinstance(entry, str):
        return {"name": entry}, ()
    if not isinstance(entry, dict) or not entry:
        return f"expected a name, or a name with parameters, got {show(entry)}"
    if "name" in entry:
        if isinstance(entry["name"], str):
            return entry, ()
        return f"name: expected a {kind}'s name, got {show(entry['name'])}"
    name, parameters = next(iter(entry.items()))
    if len(entry) > 1:
        keys = ", ".join(map(show, entry))
        return f"expected one name with its parameters nested below it, got the keys {keys}"
    if not isinstance(parameters, dict | None):
        return f"expected a mapping of parameters below {show(name)}, got {show(parameters)}"
    if "name" in (parameters or {}):
        return f"the name is given twice, as a key and inside {show(name)}"
    return {"name": name, **(parameters or {})}, (name,)
