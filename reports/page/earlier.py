"""Pictures that an earlier report left, to be used again: ``figures.json`` says what they show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from reports.choice import FORMATS
from reports.folder import FIGURES, ReportFolder
from reports.page.pictures import Picture, stems

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


def _picture(place: ReportFolder, row: dict[str, Any]) -> Picture | None:
    files = {
        form: data
        for form in FORMATS
        if form in row["formats"]
        and (data := place.unchanged(f"{FIGURES}/{row['file']}.{form}")) is not None
    }
    if not row["mark"] or row["shown"] not in files:
        return None
    width = float(row["width"])
    return Picture(row["key"], row["cell"], width, row["mark"], row["shown"], files)
