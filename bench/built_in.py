"""The grids that come with the package, found without reading any."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "grids"


def names(folder: Path = FOLDER) -> list[str]:
    """Return the file names of the grids in a folder."""
    return sorted(path.name for path in folder.glob("*.yaml"))
