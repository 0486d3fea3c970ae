"""Whether methods were compared on equal terms."""

from __future__ import annotations

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.tables.table import Table


def proof_table(results: Results, numbers: Numbers) -> Frame:
    """Return the verdicts of the pairing proof, one row per cell and seed."""
    shown = numbers.pairing.rename(columns=lambda name: str(name).replace("_", " "))
    return shown if len(results.cells) > 1 else shown.drop(columns="cell")


PROOF = Table("proof", proof_table, "No run is planned.")
