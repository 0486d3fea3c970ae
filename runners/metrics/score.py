"""What a score is: numbers from features of generated images and of the reference."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


@dataclass(frozen=True)
class Features:
    """Extractor outputs of one set of images.

    Args:
        embedding: float32 (n, dim), standardised on real data.
        logits: float32 (n, classes).
    """

    embedding: Tensor = field(repr=False)
    logits: Tensor = field(repr=False)


@dataclass(frozen=True)
class Reference:
    """Statistics of the real images.

    Args:
        mean: of the embedding, (dim,).
        covariance: of the embedding, (dim, dim).
        labels: share of each class, (classes,).
        count: number of images.
    """

    mean: np.ndarray = field(repr=False)
    covariance: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    count: int


class Metric(Protocol):
    """A score computed by torch-fidelity's own functions."""

    summary: ClassVar[str]
    lower_is_better: ClassVar[bool]
    columns: ClassVar[tuple[str, ...]]

    def score(self, generated: Features, reference: Reference) -> dict[str, float]:
        """Return one number for each of ``columns``."""
        ...
