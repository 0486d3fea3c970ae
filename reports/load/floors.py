"""What real data score, as runs recorded it: floor.json of today and of older runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

REAL, MEMORISER = "held-out real data", "copies of training images"
PARTS = {REAL: "real", MEMORISER: "memoriser"}
"""Where the file holds the scores of each kind."""
FLOOR_COLUMNS = ("protocol", "kind", "metric", "value", "how")


def floor_rows(floor: Mapping[str, Any], scored: Collection[str]) -> list[dict[str, Any]]:
    """Return one row per kind of real data and score that a run recorded.

    Args:
        floor: what its file holds. Older runs scored held-out data only, as many as there were:
            their columns lie beside the protocol.
        scored: the names of the columns that hold scores.

    Returns:
        FLOOR_COLUMNS: protocol; kind: REAL or MEMORISER; metric: the score's column; value;
        how: the method that made it, '' where it was scored as runs are.
    """
    parts = floor if _in_parts(floor) else {PARTS[REAL]: floor}
    how = parts.get("how", {})
    return [
        {"protocol": floor["protocol"], "kind": kind, "metric": column, "value": value,
         "how": how.get(column, "") if kind == REAL else ""}
        for kind, part in PARTS.items()
        for column, value in parts.get(part, {}).items()
        if column in scored and value is not None
    ]  # fmt: skip


def of_real_data(floor: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what held-out real data score, by column, from a floor's file of either form."""
    return floor.get(PARTS[REAL], {}) if _in_parts(floor) else floor


def _in_parts(floor: Mapping[str, Any]) -> bool:
    return bool(floor.keys() & set(PARTS.values()))
