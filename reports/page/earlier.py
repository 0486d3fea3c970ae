"""Pictures that an earlier report left, to be used again: ``figures.json`` says what they show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reports.folder import FIGURES, OWN_NAME, ReportFolder
from reports.page.pictures import Picture, stems
from runners.errors import StoreProblem
from runners.files import read_bytes

LIST = "figures.json"


def listed(drawn: Sequence[Picture]) -> bytes:
    """Return the list of a report's figures as a file."""
    rows = [
        {"file": stem, "key": p.key, "cell": p.cell, "width": p.width, "mark": p.mark}
        for stem, p in zip(stems(drawn), drawn, strict=True)
    ]
    return (json.dumps(rows, indent=1) + "\n").encode()


def earlier_pictures(place: ReportFolder) -> dict[str, Picture]:
    """Return the pictures of the report before by their marks: those that nobody changed since."""
    try:
        rows = json.loads(place.unchanged(LIST) or b"[]")
        return {row["mark"]: picture for row in rows if (picture := _picture(place, row))}
    except (ValueError, KeyError, TypeError):  # of another version
        return {}


def stored_pictures(folder: Path) -> list[Picture]:
    """Return the pictures of a report that lies in a folder, in order, whoever wrote it.

    Raises:
        StoreProblem: its list names what is no figure of a report, or is damaged.
    """
    try:
        rows = json.loads(read_bytes(folder / LIST) or b"[]")
        return [_stored(folder, row) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreProblem(f"{folder / LIST}: damaged: {error}") from error


def _stored(folder: Path, row: dict[str, Any]) -> Picture:
    name = f"{FIGURES}/{row['file']}"
    if not OWN_NAME.fullmatch(name):
        raise StoreProblem(f"{folder / LIST}: {name[:80]!r} is no figure of a report")
    svg, png = (read_bytes(folder / f"{name}.{form}") for form in ("svg", "png"))
    return Picture(str(row["key"]), str(row["cell"]), float(row["width"]), "", svg, png)


def _picture(place: ReportFolder, row: dict[str, str]) -> Picture | None:
    svg, png = (place.unchanged(f"{FIGURES}/{row['file']}.{form}") for form in ("svg", "png"))
    if not row["mark"] or svg is None or png is None:
        return None
    return Picture(row["key"], row["cell"], float(row["width"]), row["mark"], svg, png)
