"""How well a discriminator's logits tell real data from generated ones, whatever their scale."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def auc(real: Tensor, fake: Tensor) -> Tensor:
    """Return the area under the ROC curve: the probability that a real logit is the larger one.

    It is the Mann-Whitney U over all pairs, ties counted half, by sorting: O(n log n).

    Args:
        real: logits of shape (n,).
        fake: logits of shape (m,).

    Returns:
        A scalar in [0, 1] on their device.

    Reference:
        Mann & Whitney 1947; Hanley & McNeil 1982.
    """
    import torch

    ordered = fake.sort().values
    below = torch.searchsorted(ordered, real)
    not_above = torch.searchsorted(ordered, real, right=True)
    return (below + not_above).to(real.dtype).mean() / (2 * len(fake))


def gap_by_chance(batch_size: int) -> float:
    """Return the mean of |AUC - 1/2| over batches whose logits know nothing.

    The AUC of as many independent real as fake logits without ties has variance
    (2 b + 1) / (12 b^2) and is nearly normal, so that the mean distance is sqrt(2 / pi) standard
    deviations.

    Args:
        batch_size: b, logits of each kind in a batch.
    """
    deviation = math.sqrt((2 * batch_size + 1) / (12 * batch_size**2))
    return math.sqrt(2 / math.pi) * deviation
