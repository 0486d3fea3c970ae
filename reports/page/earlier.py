"""Pictures that an earlier report left, to be used again: ``figures.json`` says what they show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reports.choice import FORMATS
from reports.folder import FIGURES, OWN_NAME, ReportFolder
from reports.page.pictures import Picture, stems
from runners.errors import StoreProblem
from runners.files import read_bytes

LIST = "figures.json"


def listed(drawn: Sequence[Picture]) -> bytes:
    """Return the list of a report's figures as a file."""
    rows = [
        {"file": stem, "key": p.key, "cell": p.cell, "width": p.width, "mark": p.mark,
         "shown": p.shown, "formats": list(p.files)}
        for stem, p in zip(stems(drawn), drawn, strict=True)
    ]  # fmt: skip
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
    files = {form: read_bytes(folder / f"{name}.{form}") for form in _formats(row)}
    found = {form: data for form, data in files.items() if data is not None}
    if row["shown"] not in found:
        raise StoreProblem(f"{folder / LIST}: {name[:80]!r} is not there as {row['shown']!r}")
    return Picture(str(row["key"]), str(row["cell"]), float(row["width"]), "", row["shown"], found)


def _formats(row: dict[str, Any]) -> list[str]:
    return [form for form in FORMATS if form in row["formats"]]


def _picture(place: ReportFolder, row: dict[str, Any]) -> Picture | None:
    found = {f: place.unchanged(f"{FIGURES}/{row['file']}.{f}") for f in _formats(row)}
    files = {form: data for form, data in found.items() if data is not None}
    if not row["mark"] or row["shown"] not in files:
        return None
    width = float(row["width"])
    return Picture(row["key"], row["cell"], width, row["mark"], row["shown"], files)
