"""The sample grids that a run's page holds: all of them, or as many as there is room for.

Embedded, so that a page is one file and not 14, and the folder can be moved and sent alone.
The 13 grids of a run of the default grid take 91 kB, its 30 pages 4.8 MB; 1,000 such runs, whose
pages share TOTAL, show 9 grids each.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from reports.run_page.curves import thinned
from runners.files import read_bytes

TOTAL, EACH = 64 << 20, 1 << 20  # bytes of pictures: of all runs together, of one run


def room(runs: int) -> int:
    """Return how many bytes of pictures each of so many runs may show."""
    return min(EACH, TOTAL // max(runs, 1))


def embeddable(grids: list[tuple[int, Path]], most: int) -> list[tuple[int, Path]]:
    """Return those of a run's sample grids that its page has room for.

    Args:
        grids: step and PNG of each.
        most: bytes; where all take more, evenly spaced ones are left, the last one always.
    """
    size = sum(file.stat().st_size for _, file in grids)
    return grids if size <= most else thinned(grids, most * len(grids) // size)


def embedded(grids: list[tuple[int, Path]]) -> list[dict[str, Any]]:
    """Return step and address of sample grids."""
    return [{"step": step, "src": _address(read_bytes(file))} for step, file in grids]


def _address(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
