"""The functions of torch-fidelity that its documentation does not name, each behind one here.

They are what ``calculate_metrics`` itself calls on features; a test compares both, and names this
file when a release of torch-fidelity moves one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


def statistics(embedding: Tensor) -> dict[str, np.ndarray]:
    """Return {"mu": mean (dim,), "sigma": covariance (dim, dim)} of features (n, dim)."""
    from torch_fidelity.metric_fid import fid_features_to_statistics

    return fid_features_to_statistics(embedding)


def frechet_distance(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> float:
    """Return the Frechet distance between the :func:`statistics` of two sets of features."""
    from torch_fidelity.metric_fid import fid_statistics_to_metric

    out = fid_statistics_to_metric(one, other, verbose=False)
    return out["frechet_inception_distance"]


def inception_score(logits: Tensor) -> tuple[float, float]:
    """Return mean and deviation over 10 splits of logits (n, classes)."""
    from torch_fidelity.metric_isc import isc_features_to_metric

    out = isc_features_to_metric(logits)
    return out["inception_score_mean"], out["inception_score_std"]


def kernel_distance(
    embedding: Tensor, real: Tensor, subsets: int, subset_size: int
) -> tuple[float, float]:
    """Return mean and deviation over random subsets of two sets of features (n, dim)."""
    from torch_fidelity.metric_kid import kid_features_to_metric

    sizes = {"kid_subsets": subsets, "kid_subset_size": subset_size}
    out = kid_features_to_metric(embedding, real, verbose=False, **sizes)
    return out["kernel_inception_distance_mean"], out["kernel_inception_distance_std"]


def precision_recall(embedding: Tensor, real: Tensor, neighbours: int) -> tuple[float, float]:
    """Return precision and recall of two sets of features (n, dim)."""
    from torch_fidelity.metric_prc import prc_features_to_metric

    options: dict[str, Any] = {"save_cpu_ram": True, "verbose": False}
    out = prc_features_to_metric(embedding, real, prc_neighborhood=neighbours, **options)
    return out["precision"], out["recall"]
