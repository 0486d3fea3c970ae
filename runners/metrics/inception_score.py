"""Inception score (Salimans et al. 2016, arXiv 1606.03498), by torch-fidelity."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.metrics import fidelity_functions
from runners.metrics.projection import resampled
from runners.metrics.score import Column, Features, Metric, Projected, Reference

if TYPE_CHECKING:
    from runners.datasets.base import Dataset

SPLITS = 10  # torch-fidelity's; fewer samples than splits would give NaN


@dataclass(frozen=True, config=STRICT)
class InceptionScore(Metric):
    """exp of the mutual information of image and predicted class; higher is better."""

    summary: ClassVar[str] = "exp E[KL(p(y|x) || p(y))] over 10 splits, higher is better"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("is", lower_is_better=False, ranks=True),
        Column("is_std"),
    )
    name: Literal["is"] = "is"

    @classmethod
    def usual(cls, dataset: Dataset, extractor: str) -> bool:  # noqa: ARG003
        """For all images."""
        return not dataset.points

    @property
    def least(self) -> int:
        """One sample per split."""
        return SPLITS

    def problem(self, dataset: Dataset, extractor: str) -> str | None:  # noqa: ARG002
        """Refuse points, which no classifier has classes for."""
        if dataset.points:
            return "is needs images; points have fid, kid, prc and modes"
        return None

    def score(
        self,
        generated: Features,
        reference: Reference,  # noqa: ARG002
        samples: int,  # noqa: ARG002
    ) -> dict[str, float]:
        """Return {"is": mean over splits, "is_std": deviation over splits}."""
        mean, deviation = fidelity_functions.inception_score(generated.logits)
        return {"is": mean, "is_std": deviation}

    def projected(self, pool: Features, reference: Reference, samples: int) -> Projected:
        """Resample: it depends on how many data a split of it has."""
        return resampled(lambda part: self.score(part, reference, samples), pool, samples)
