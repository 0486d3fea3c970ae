"""A metric whose score exists against the validation split: what tuning can choose by."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.metrics.score import Column, Features, Metric, Reference


@dataclass(frozen=True, config=STRICT)
class HeldOut(Metric):
    """Distance of mean features, under the name of a score against held-out data."""

    summary: ClassVar[str] = "distance of mean features"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("distance", lower_is_better=True, ranks=True),
        Column("distance_validation"),
    )
    name: Literal["held_out"] = "held_out"

    def score(self, generated: Features, reference: Reference, samples: int) -> dict[str, float]:
        gap = generated.embedding.double().mean(0).numpy() - reference.mean
        distance = float(np.linalg.norm(gap))
        return {"distance": distance, "distance_validation": distance}


METRICS = {"held_out": HeldOut}
