"""Mode coverage: which classes generated images fall into, and how evenly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.metrics.projection import resampled
from runners.metrics.score import Column, Features, Metric, Projected, Reference

if TYPE_CHECKING:
    from runners.datasets.base import Dataset

FEWEST_CLASSES = 0.5
"""Share of the classes: a generator that hits fewer has lost most of the data."""

LARGEST_LABEL_KL = math.log(2)
"""In nats: what even sampling of one half of equally frequent classes gives."""


@dataclass(frozen=True, config=STRICT)
class Coverage(Metric):
    """KL(predicted classes of generated images || real labels) in nats, and classes hit."""

    summary: ClassVar[str] = "KL of predicted classes to the real labels, and classes hit"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("label_kl", "label KL in nats", lower_is_better=True, limit=LARGEST_LABEL_KL),
        Column(
            "classes", "classes hit", lower_is_better=False, total="classes_total",
            limit=FEWEST_CLASSES,
        ),
        Column("classes_total"),
    )  # fmt: skip
    collapse: ClassVar[str] = (
        f"fewer than {FEWEST_CLASSES:.0%} of the classes are hit, or the labels' KL divergence "
        f"from the real ones exceeds {LARGEST_LABEL_KL:.3g} nats"
    )
    name: Literal["coverage"] = "coverage"

    @classmethod
    def usual(cls, dataset: Dataset, extractor: str) -> bool:  # noqa: ARG003
        """Where the extractor knows the classes."""
        return extractor == "classifier"

    def problem(self, dataset: Dataset, extractor: str) -> str | None:  # noqa: ARG002
        """Refuse extractors that do not know the data set's own classes."""
        if extractor != "classifier":
            return "coverage needs evaluation.extractor: classifier"
        return None

    def score(
        self,
        generated: Features,
        reference: Reference,
        samples: int,  # noqa: ARG002
    ) -> dict[str, float]:
        """Return the KL divergence, the number of classes hit, and how many there are."""
        import numpy as np
        from scipy.stats import entropy

        total = len(reference.labels)
        hits = np.bincount(generated.logits.argmax(1).numpy(), minlength=total)
        return {
            "label_kl": float(entropy(hits, reference.labels)),
            "classes": int((hits > 0).sum()),
            "classes_total": total,
        }

    def projected(self, pool: Features, reference: Reference, samples: int) -> Projected:
        """Resample: a rare class is missed by few data."""
        return resampled(lambda part: self.score(part, reference, samples), pool, samples)

    @classmethod
    def collapsed(cls, row: Mapping[str, Any]) -> bool | None:
        """Say whether few classes are hit or the labels are far from the real ones; either will do.

        None where one was not measured and the other is no collapse.
        """
        classes, total, uneven = (row.get(key) for key in ("classes", "classes_total", "label_kl"))
        few = None if classes is None or not total else classes < FEWEST_CLASSES * total
        far = None if uneven is None else uneven > LARGEST_LABEL_KL
        if few or far:
            return True
        return None if few is None or far is None else False
