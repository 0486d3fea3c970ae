"""How little the logits of a discriminator that knows nothing tell apart, in each cell."""

from __future__ import annotations

from reports.load.results import Results
from runners.failures.discriminator import largest_chance_gap

BATCH_SIZE = "batch_size"


def chance_gaps(results: Results) -> dict[str, float]:
    """Return the largest mean |AUC - 1/2| at chance of each cell whose runs have one batch size."""
    column, common = f"spec.{BATCH_SIZE}", results.shared.get(BATCH_SIZE)
    sizes = {cell: {common} for cell in results.cells}
    if column in results.runs:
        groups = results.runs.groupby("cell", observed=True)[column]
        sizes = {str(cell): set(mine.dropna()) for cell, mine in groups}
    known = {cell: next(iter(mine)) for cell, mine in sizes.items() if len(mine) == 1}
    return {cell: largest_chance_gap(int(size)) for cell, size in known.items() if size}
