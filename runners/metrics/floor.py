"""What real data score that no reference holds: as good as a perfect generator, no better."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TypeAlias

from runners.metrics.parts import HELD_OUT, Against, Part, Parts
from runners.metrics.score import Features, Metric, Projected, Reference

Pools: TypeAlias = Callable[[str], Features]
"""The name of held-out data -> their features: as many as a run generates, if there are."""

NOTHING: Projected = {}, ""


def real(
    parts: Parts,
    references: Mapping[Part, Reference],
    metric: Metric,
    samples: int,
    pools: Pools,
) -> dict[str, tuple[float, str]]:
    """Return each column's value at the runs' number of data, and how it was made.

    A column that cannot be made at that number is left out.

    Args:
        parts, references: what scores are against.
        metric: what is scored.
        samples: how many data a run generates per score.
        pools: the data that are scored.
    """

    @functools.cache
    def made(against: Against) -> Projected:
        known = against.part in references and against.pool in (HELD_OUT, *parts.whole)
        if not known:
            return NOTHING
        return _at(metric, pools(against.pool), references[against.part], samples)

    row = parts.row(metric, lambda against: made(against)[0])
    how = {one.name: made(one.terms[0])[1] for one in parts.compared(metric)}
    return {name: (value, how[name]) for name, value in row.items()}


def _at(metric: Metric, pool: Features, reference: Reference, samples: int) -> Projected:
    """Return the columns of a pool at the runs' number of data, none where that cannot be."""
    fewest = min(len(pool), reference.count)
    fitted = metric.within(fewest)
    if fitted.least > fewest:
        return NOTHING
    if len(pool) >= samples:
        return fitted.score(pool, reference, samples), f"{samples} held-out data"
    return fitted.projected(pool, reference, samples) or NOTHING
