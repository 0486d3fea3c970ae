"""Tables of the discriminator: spectra, Lipschitz bounds and kept promises."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from reports.columns import Frame
from reports.frame import Results
from reports.ledger import BROKEN
from reports.tables.text import keys, median_range, number


def spectra_table(results: Results, spreads: Frame) -> Frame:
    """Return each layer's norms and the spread of its singular values at the last step."""
    rows = [
        {
            **keys(row, results),
            "layer": f"{row['kind']} {row['layer']}",
            "runs": str(row["n_runs"]),
            "sigma of the reshaped kernel": number(row["sigma_max"]),
            "operator norm": number(row["operator_norm"]),
            "at most ceil(k/s) sigma": number(row["largest_operator_norm"]),
            "condition": number(row["condition"]),
            "stable rank / full": number(row["stable_rank"]),
            "effective rank / full": number(row["effective_rank"]),
            "log10 q90 / q10": number(row["log10_q90_q10"]),
        }
        for row in spreads.sort_values(["cell", "index", "method"]).to_dict("records")
    ]
    return pd.DataFrame(rows)


def bounds_table(results: Results, bounds: Frame) -> Frame:
    """Return the bounds on D's Lipschitz constant; `undefined` with its reason, no number."""
    rows = [
        {
            **keys(row, results),
            "runs": str(row["n"]),
            "lower bound, median [min, max]": median_range(row, "lipschitz_lower"),
            "upper bound, median [min, max]": _upper(row),
            "lower / upper": _or_undefined(row, "tightness"),
        }
        for row in bounds.to_dict("records")
    ]
    return pd.DataFrame(rows)


def _upper(row: Any) -> str:
    why = f"undefined: {row['undefined']}" if row["undefined"] else ""
    if math.isnan(row["lipschitz_upper_median"]):
        return why or "undefined"
    known = median_range(row, "lipschitz_upper")
    return f"{known}; in other runs {why}" if why else known


def _or_undefined(row: Any, name: str) -> str:
    missing = math.isnan(row[f"{name}_median"])
    return "undefined" if missing else number(row[f"{name}_median"])


def conformance_table(results: Results, conformance: Frame) -> Frame:
    """Return what each method promises, what was measured, and whether it was kept."""
    rows = [
        {
            **keys(row, results),
            "check": row["what"],
            "measured, median [min, max]": median_range(row, "value"),
            "target": _target(row),
            "verdict": _verdict(row),
            "diagnosed steps ok": _over_training(row),
        }
        for row in conformance.to_dict("records")
    ]
    return pd.DataFrame(rows)


def _target(row: Any) -> str:
    if math.isnan(row["target"]):
        return "none"
    exact = math.isnan(row["tolerance"])
    return f"{row['target']:g}" + ("" if exact else f" ± {row['tolerance']:.3g}")


def _verdict(row: Any) -> str:
    if row["verdict"] == BROKEN:
        return f"{BROKEN} in {row['n_broken']} of {row['n']} runs"
    return f"{row['verdict']}, {row['n']} run{'s' if row['n'] != 1 else ''}"


def _over_training(row: Any) -> str:
    return f"{row['n_rows'] - row['n_rows_broken']} of {row['n_rows']}"
