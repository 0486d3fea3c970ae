"""Pictures that an earlier report left, to be used again: ``figures.json`` says what they show."""

from __future__ import annotations

import json
from collections.abc import Sequence

from reports.folder import FIGURES, ReportFolder
from reports.page.pictures import Picture, stems

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


def _picture(place: ReportFolder, row: dict[str, str]) -> Picture | None:
    svg, png = (place.unchanged(f"{FIGURES}/{row['file']}.{form}") for form in ("svg", "png"))
    if not row["mark"] or svg is None or png is None:
        return None
    return Picture(row["key"], row["cell"], float(row["width"]), row["mark"], svg, png)
