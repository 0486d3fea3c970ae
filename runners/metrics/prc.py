"""Improved precision and recall (Kynkaanniemi et al. 2019, arXiv 1904.06991), by torch-fidelity."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.metrics import fidelity_functions
from runners.metrics.score import Column, Features, Metric, Reference

if TYPE_CHECKING:
    from runners.datasets.base import Dataset

NEIGHBOURS = 3


@dataclass(frozen=True, config=STRICT)
class PRC(Metric):
    """Share of samples on the real manifold (precision), and of real data on theirs (recall)."""

    summary: ClassVar[str] = "precision and recall of the manifolds, 3 neighbours, both higher"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("precision", "precision", lower_is_better=False, ranks=True),
        Column("recall", "recall", lower_is_better=False),
    )
    compares: ClassVar[bool] = True
    needs_features: ClassVar[bool] = True
    name: Literal["prc"] = "prc"

    @classmethod
    def usual(cls, dataset: Dataset, extractor: str) -> bool:  # noqa: ARG003
        """For points without known modes."""
        return dataset.points and not dataset.mixture

    @property
    def least(self) -> int:
        """A point and its neighbours."""
        return NEIGHBOURS + 1

    def score(self, generated: Features, reference: Reference, samples: int) -> dict[str, float]:
        """Return {"precision": ..., "recall": ...} against as many real data, drawn at random."""
        from runners.metrics.drawing import subset

        real = reference.embedding()[subset(reference.count, samples, "precision and recall")]
        precision, recall = fidelity_functions.precision_recall(
            generated.embedding, real, NEIGHBOURS
        )
        return {"precision": precision, "recall": recall}

    def stamps(self, samples: int) -> list[str]:
        """Return the number of real data compared with, and the neighbourhood."""
        return [f"prc-drawn-{samples}-k{NEIGHBOURS}"]
