"""Frechet distance of embeddings (Heusel et al. 2017, arXiv 1706.08500), by torch-fidelity."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.metrics import fidelity_functions
from runners.metrics.projection import extrapolated
from runners.metrics.score import Column, Features, Metric, Projected, Reference

if TYPE_CHECKING:
    from runners.datasets.base import Dataset


@dataclass(frozen=True, config=STRICT)
class FID(Metric):
    """FID of generated images to the reference; lower is better; biased upwards at small n."""

    summary: ClassVar[str] = "Frechet distance to real images, lower is better"
    columns: ClassVar[tuple[Column, ...]] = (Column("fid", lower_is_better=True, ranks=True),)
    sampling: ClassVar[float | None] = 1.0  # of two samples of 1,000 images, at 64 dimensions
    bias: ClassVar[str] = "upwards"
    compares: ClassVar[bool] = True
    name: Literal["fid"] = "fid"

    @classmethod
    def usual(cls, dataset: Dataset, extractor: str) -> bool:  # noqa: ARG003
        """Always."""
        return True

    @property
    def least(self) -> int:
        """A covariance needs two."""
        return 2

    def score(
        self,
        generated: Features,
        reference: Reference,
        samples: int,  # noqa: ARG002
    ) -> dict[str, float]:
        """Return {"fid": distance}."""
        real = {"mu": reference.mean, "sigma": reference.covariance}
        return {"fid": fidelity_functions.frechet_distance(generated.statistics, real)}

    def projected(self, pool: Features, reference: Reference, samples: int) -> Projected | None:
        """Extrapolate: its bias is about linear in 1/n. A line below zero says nothing.

        Nor does one through covariances of fewer data than dimensions, where it is not linear.
        """
        if len(pool) < 2 * max(self.least, pool.embedding.shape[1]):
            return None
        found, how = extrapolated(lambda part: self.score(part, reference, samples), pool, samples)
        return (found, how) if found["fid"] > 0 else None
