"""Each layer's norms and the spread of its singular values at the last step."""

from __future__ import annotations

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.tables.table import Table, row_names
from reports.text import number


def spectra_table(results: Results, numbers: Numbers) -> Frame:
    """Return one row per cell, layer and method."""
    ordered = numbers.spectra_spread.sort_values(["cell", "index", "method"])
    rows = [
        {
            **row_names(row, results),
            "layer": f"{row['kind']} {row['layer']}",
            "runs": str(row["n_runs"]),
            "sigma of the reshaped kernel": number(row["sigma_max"]),
            "operator norm": number(row["operator_norm"]),
            "at most": number(row["operator_upper"]),
            "ceil(k/s) sigma": number(row["largest_operator_norm"]),
            "condition": number(row["condition"]),
            "stable rank / full": number(row["stable_rank"]),
            "effective rank / full": number(row["effective_rank"]),
            "log10 q90 / q10": number(row["log10_q90_q10"]),
        }
        for row in ordered.to_dict("records")
    ]
    return pd.DataFrame(rows)


SPECTRA = Table(
    "layers",
    spectra_table,
    "No spectra have been recorded yet.",
    folded="Every layer at the last step, median over seeds",
    explanation="The sigma of the reshaped kernel (what spectral norm constrains) and the operator "
    "norm of the convolution are two norms. The operator norm is exact where it equals what it is "
    "at most; elsewhere it is an estimate by power iteration, which is never too large, and the "
    "bound is never too small. The condition is the largest singular value over the smallest.",
)
