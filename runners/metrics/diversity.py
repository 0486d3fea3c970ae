"""How far apart generated images lie in pixels: evidence of collapse that needs no extractor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.metrics.score import Column, Features, Metric, Reference

if TYPE_CHECKING:
    from torch import Tensor

    from runners.datasets.base import Dataset

MOST = 1000
"""Images whose distances are averaged: half a million pairs."""

LEAST_DIVERSITY = 0.5
"""Of real images: samples of one class come to more, those that repeat a few images to less."""


@dataclass(frozen=True, config=STRICT)
class Diversity(Metric):
    """Mean pairwise distance of generated images over that of as many training images."""

    summary: ClassVar[str] = "mean distance of generated images in pixels, 1 for real ones"
    columns: ClassVar[tuple[Column, ...]] = (
        Column(
            "pixel_diversity", "pixel diversity", lower_is_better=False, limit=LEAST_DIVERSITY,
        ),
    )  # fmt: skip
    collapse: ClassVar[str] = (
        f"generated images are less than {LEAST_DIVERSITY:.0%} as far apart in pixels as real ones"
    )
    name: Literal["diversity"] = "diversity"

    @property
    def least(self) -> int:
        """A pair."""
        return 2

    @classmethod
    def usual(cls, dataset: Dataset, extractor: str) -> bool:
        """For images whose classes the extractor does not know."""
        return not dataset.points and extractor != "classifier"

    def score(
        self,
        generated: Features,
        reference: Reference,
        samples: int,  # noqa: ARG002
    ) -> dict[str, float]:
        """Return the ratio, of the first MOST generated data and as many random real ones."""
        from runners.metrics.drawing import subset

        assert generated.data is not None  # the scorer gives both
        assert reference.data is not None
        fake = generated.data[:MOST]
        real = reference.data()
        some = real[subset(len(real), len(fake), "diversity")]  # data may be sorted by class
        return {"pixel_diversity": _spread(fake) / _spread(some)}

    def stamps(self, samples: int) -> list[str]:
        """Return the number of images compared."""
        return [f"diversity-{min(samples, MOST)}"]

    @classmethod
    def collapsed(cls, row: Mapping[str, Any]) -> bool | None:
        """Say whether images lie close together; None where it was not measured."""
        diversity = row.get("pixel_diversity")
        return None if diversity is None else diversity < LEAST_DIVERSITY


def _spread(data: Tensor) -> float:
    """Return the mean distance of all pairs of different positions."""
    import torch

    flat = data.flatten(1).double().cpu()
    return torch.cdist(flat, flat).sum().item() / (len(flat) * (len(flat) - 1))
