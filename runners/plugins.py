"""Components from other people's files: methods, models, data sets, metrics, and what else.

A plugin is a Python file that holds dictionaries with the names of the registries it adds to::

    METHODS = {"mine": Mine}

It is code that the user chose to run: it is loaded because it was named on the command line or
is installed under the entry-point group, never because a results folder mentions it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from runners.augmentations import AUGMENTATIONS
from runners.augmentations.base import Augmentation
from runners.component import Component, register_origin
from runners.datasets import DATASETS
from runners.datasets.base import Dataset
from runners.errors import UserProblem
from runners.lipschitz import METHODS
from runners.lipschitz.base import Method
from runners.losses import LOSSES, Loss
from runners.metrics import METRICS
from runners.metrics.score import Metric
from runners.models import MODELS
from runners.models.base import Model
from runners.optim import OPTIMIZERS
from runners.schedules import SCHEDULES, Schedule
from runners.stabilisers import STABILISERS
from runners.stabilisers.base import Stabiliser

GROUP = "lipschitz_bench"
"""The entry-point group: each entry names a module that is a plugin."""

CONTRACTS: dict[str, tuple[dict[str, Any], type]] = {
    "METHODS": (METHODS, Method),
    "MODELS": (MODELS, Model),
    "DATASETS": (DATASETS, Dataset),
    "LOSSES": (LOSSES, Loss),
    "OPTIMIZERS": (OPTIMIZERS, Component),
    "METRICS": (METRICS, Metric),
    "SCHEDULES": (SCHEDULES, Schedule),
    "STABILISERS": (STABILISERS, Stabiliser),
    "AUGMENTATIONS": (AUGMENTATIONS, Augmentation),
}
"""Registries by the name a plugin uses, and what their entries are (losses: instances)."""


class PluginProblem(UserProblem):
    """A plugin that cannot be used, with the place and the reason."""


@dataclass(frozen=True)
class Plugin:
    """A loaded plugin.

    Args:
        file: ``name@hash`` as it stands in specs.
        added: (registry, name) of every component it added.
    """

    file: str
    added: tuple[tuple[str, str], ...]


def load_all(paths: Iterable[Path]) -> list[Plugin]:
    """Load the installed plugins and these files.

    Raises:
        PluginProblem: one of them cannot be loaded.
    """
    return [*load_installed(), *load(paths)]


_LOADED: dict[str, Plugin] = {}  # by the file's hash and name: loading twice changes nothing


def load(paths: Iterable[Path]) -> list[Plugin]:
    """Load plugin files and register what they hold; one loaded already is left as it is.

    Raises:
        PluginProblem: a file cannot be read or run, or what it holds cannot be registered.
    """
    return [_load(path) for path in paths]


def load_installed() -> list[Plugin]:
    """Load the plugins that installed packages offer under the entry-point group.

    Raises:
        PluginProblem: one of them cannot be loaded.
    """
    return [_load_entry(entry) for entry in entry_points(group=GROUP)]


def _load_entry(entry: EntryPoint) -> Plugin:
    found = importlib.util.find_spec(entry.module)
    if found is None or found.origin is None:
        raise PluginProblem(f"entry point {entry.name}: no module {entry.module}")
    return _load(Path(found.origin))


def _load(path: Path) -> Plugin:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PluginProblem(f"{path}: cannot be read: {error.strerror or error}") from error
    file = f"{path.name}@{hashlib.sha256(content).hexdigest()[:16]}"
    if file not in _LOADED:
        _LOADED[file] = Plugin(file, tuple(_register(path, file, _run(path, file))))
    return _LOADED[file]


def _run(path: Path, file: str) -> ModuleType:
    """Import a file as a module that every process of a grid knows by the same name."""
    name = f"lipschitz_bench_plugin_{path.stem}_{file.rsplit('@', 1)[1]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginProblem(f"{path}: is no Python file; its name must end in .py")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise PluginProblem(f"{_place(path, error)}: cannot be loaded: {_said(error)}") from error
    return module


def _place(path: Path, error: Exception) -> str:
    """Return the file with the line at fault, where that is known."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"{path}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    return f"{path}:{lines[-1]}" if lines else str(path)


def _said(error: Exception) -> str:
    words = str(error.msg if isinstance(error, SyntaxError) else error).strip().split("\n")[0]
    return f"{type(error).__name__}: {words}"[:300]


def _register(path: Path, file: str, module: ModuleType) -> Iterable[tuple[str, str]]:
    held = [name for name in CONTRACTS if hasattr(module, name)]
    if not held:
        raise PluginProblem(
            f"{path}: adds nothing; give it a dictionary named "
            f"{', '.join(CONTRACTS)}, for example METHODS = {{'mine': Mine}}"
        )
    found = [(name, key, entry) for name in held for key, entry in _entries(path, module, name)]
    for name, key, entry in found:
        registry, _ = CONTRACTS[name]
        registry[key] = entry
        register_origin(entry, file)
    return [(name, key) for name, key, _ in found]


def _entries(path: Path, module: ModuleType, name: str) -> Iterable[tuple[str, Any]]:
    """Return a plugin's own entries of one registry, those it imported left out."""
    registry, contract = CONTRACTS[name]
    entries = getattr(module, name)
    if entries is registry:
        raise PluginProblem(f"{path}: {name} is the package's own; make a dictionary of your own")
    if not isinstance(entries, dict):
        raise PluginProblem(f"{path}: {name}: expected a dictionary of names, got {entries!r:.60}")
    for key, entry in entries.items():
        problem = _problem(key, entry, registry, contract)
        if problem:
            raise PluginProblem(f"{path}: {name}[{key!r}]: {problem}")
    return entries.items()


def _problem(key: object, entry: object, registry: dict[str, Any], contract: type) -> str | None:
    """Say why an entry cannot be registered, or return None."""
    if not isinstance(key, str) or not key.isidentifier():
        return "a component's name is letters, digits and _"
    if key in registry:
        return "the name is taken; choose another"
    if contract is Loss:
        return None if isinstance(entry, Loss) else "expected an instance of runners.losses.Loss"
    if not (isinstance(entry, type) and issubclass(entry, contract)):
        return f"expected a subclass of {contract.__module__}.{contract.__name__}"
    return _undeclared(key, entry)


def _undeclared(key: str, entry: type) -> str | None:
    """Say what a component's class lacks to be one, or return None."""
    fields = getattr(entry, "__dataclass_fields__", {})
    if "__pydantic_fields__" not in vars(entry):
        return "decorate it with @dataclass(frozen=True, config=STRICT) of pydantic.dataclasses"
    if "name" not in fields:
        return f"lacks its name: add the field  name: Literal[{key!r}] = {key!r}"
    if fields["name"].default != key:
        return f"its field name is {fields['name'].default!r}, not {key!r}"
    return None
