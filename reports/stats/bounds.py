"""Bounds on the discriminator's Lipschitz constant, over seeds."""

from __future__ import annotations

from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.stats.last_rows import last_rows

BOUNDS = ("lipschitz_lower", "lipschitz_upper", "tightness")


def bounds(diagnostics: Frame) -> Frame:
    """Return the bounds at each run's last step, over seeds, one row per cell and method.

    Returns:
        cell, method, n; of each bound its n, median, min and max; undefined: why there is no
        upper bound, where any run has none.
    """
    rows = []
    known = diagnostics.dropna(subset="lipschitz_lower")
    for (cell, method), mine in last_rows(known).groupby(["cell", "method"], observed=True):
        row: dict[str, Any] = {"cell": cell, "method": method, "n": len(mine)}
        for name in BOUNDS:
            values = mine[name].dropna()
            found = (values.median(), values.min(), values.max())
            row |= dict(zip((f"{name}_{p}" for p in ("median", "min", "max")), found, strict=True))
        reasons = dict.fromkeys(mine["upper_undefined"].dropna())
        rows.append(row | {"undefined": "; ".join(map(str, reasons))})
    return pd.DataFrame(rows)
