"""What a shell offers for a value that is being typed; registries are imported only for that."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bench import built_in


def grids(incomplete: str) -> list[str]:
    """Return built-in grids, and grid files and folders that begin like this."""
    folder, _, start = incomplete.rpartition("/")
    place = Path(f"{folder}/" if "/" in incomplete else ".")
    near = sorted(place.iterdir()) if place.is_dir() else []
    wanted = [path for path in near if path.name.startswith(start)]
    files = [str(path) for path in wanted if path.suffix in (".yaml", ".yml") and path.is_file()]
    folders = [f"{path}/" for path in wanted if path.is_dir()]
    return list(dict.fromkeys([*_beginning(built_in.names(), incomplete), *files, *folders]))


def methods(incomplete: str) -> list[str]:
    """Return methods for the last name of a list."""
    from runners.lipschitz import METHODS

    return _last(METHODS, incomplete)


def metrics(incomplete: str) -> list[str]:
    """Return metrics for the last name of a list."""
    from runners.metrics import METRICS

    return _last(METRICS, incomplete)


def kinds(incomplete: str) -> list[str]:
    """Return the kinds that `bench list` knows."""
    from bench.registries import KINDS

    return _beginning(KINDS, incomplete)


def engines(incomplete: str) -> list[str]:
    """Return engines."""
    from runners.engines import ENGINES

    return _beginning(ENGINES, incomplete)


def _last(names: Iterable[str], incomplete: str) -> list[str]:
    """Return lists separated by commas, each with another name for the last."""
    before, comma, start = incomplete.rpartition(",")
    given = before.split(",")
    return [before + comma + name for name in _beginning(names, start) if name not in given]


def _beginning(names: Iterable[str], start: str) -> list[str]:
    return [name for name in names if name.startswith(start)]
