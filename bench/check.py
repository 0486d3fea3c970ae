"""`bench check`: the contract suite on a plugin's components, in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runners import plugins
from runners.contracts import SUITES, broken
from runners.losses import Loss


def check(path: Path) -> tuple[list[str], bool]:
    """Return a line per finding on every component of a plugin, and whether all is well.

    Raises:
        PluginProblem: the file cannot be loaded.
    """
    (plugin,) = plugins.load([path])
    lines, sound = [f"{path}: {plugin.file}"], True
    for registry, name in plugin.added:
        found = list(_findings(registry, name))
        sound = sound and not found
        verdict = "BROKEN" if found else f"ok, {len(SUITES[registry])} checks"
        lines += [f"{registry} {name}: {verdict}", *(f"  {text}" for text in found)]
    return lines, sound


def _findings(registry: str, name: str) -> Iterator[str]:
    entries, _ = plugins.CONTRACTS[registry]
    try:
        component = _made(entries[name])
    except Exception as error:  # whatever a foreign constructor raises
        text = str(error).strip().split("\n")[0]
        yield f"cannot be made without parameters, as checks need: {type(error).__name__}: {text}"
        return
    yield from broken(registry, component)


def _made(entry: Any) -> Any:
    return entry if isinstance(entry, Loss) else entry()
