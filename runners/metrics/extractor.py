"""Features of images by a classifier that torch-fidelity knows as a registered extractor.

Images go to the network in large batches straight from memory; the scores themselves are
torch-fidelity's own functions, so the values equal torch_fidelity.calculate_metrics with
``feature_extractor=EXTRACTOR`` and the same weights file.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch_fidelity import FeatureExtractorBase, register_feature_extractor
from torch_fidelity.metric_fid import fid_features_to_statistics

from runners.datasets.base import Images
from runners.metrics import METRICS
from runners.metrics.classifier import Card, file_hash, outputs, read, weights_file
from runners.metrics.score import Features, Reference
from runners.store import write_bytes

EXTRACTOR = "bench-classifier"


class ClassifierExtractor(FeatureExtractorBase):
    """torch-fidelity extractor over a classifier's weights file.

    Args:
        feature_extractor_weights_path: the weights file, passed through calculate_metrics.
    """

    def __init__(
        self,
        name: str,
        features_list: list[str],
        feature_extractor_weights_path: str,
        **_: Any,
    ) -> None:
        super().__init__(name, features_list)
        self.network, self.card = read(Path(feature_extractor_weights_path))

    @staticmethod
    def get_provided_features_list() -> tuple[str, ...]:
        """Return the names of the two outputs."""
        return ("embedding", "logits")

    @staticmethod
    def get_default_feature_layer_for_metric(metric: str) -> str:
        """Return the output a metric uses."""
        return "logits" if metric == "isc" else "embedding"

    @staticmethod
    def can_be_compiled() -> bool:
        """Return False: too small to be worth it."""
        return False

    @staticmethod
    def get_dummy_input_for_compile() -> None:
        """Return nothing, as it is never compiled."""

    def forward(self, input: Tensor) -> tuple[Tensor, ...]:
        """Return the requested outputs of uint8 NCHW images of the classifier's own size."""
        expected = (self.card.channels, self.card.size, self.card.size)
        if input.dtype != torch.uint8 or tuple(input.shape[1:]) != expected:
            raise TypeError(f"expected uint8 {expected}, got {input.dtype} {tuple(input.shape)}")
        both = dict(zip(("embedding", "logits"), self.network(input), strict=True))
        return tuple(both[name] for name in self.features_list)


register_feature_extractor(EXTRACTOR, ClassifierExtractor)


@dataclass(frozen=True)
class Scorer:
    """Scores generated images of one data set against its training images.

    Args:
        network: maps uint8 images to (embedding, logits).
        card: what the network says of itself.
        weights: its file.
        protocol: stamp on every score: extractor and hash, reference split and size.
        reference: statistics of the real images.
    """

    network: torch.nn.Module
    card: Card
    weights: Path
    protocol: str
    reference: Reference

    def score(self, images: Tensor, metrics: tuple[str, ...]) -> dict[str, Any]:
        """Return the metrics' columns and the full protocol.

        Args:
            images: generated, uint8 (n, channels, size, size), on the CPU.
            metrics: names from METRICS.
        """
        embedding, logits = outputs(self.network, images)
        features = Features(embedding, logits)
        scores: dict[str, Any] = {}
        for name in metrics:
            scores |= METRICS[name].score(features, self.reference)
        return scores | {"protocol": f"{self.protocol}/gen-{len(images)}"}


@lru_cache(maxsize=4)
def scorer(name: str, images: Images, cache: Path) -> Scorer:
    """Return the scorer of a data set; statistics are computed once a machine and cached."""
    weights = weights_file(name, images, cache)
    network, card = read(weights)
    identity = file_hash(weights)
    reference = _reference(network, images, f"{identity}/{images.content_hash}", cache)
    protocol = f"{name}-cnn-{identity[:8]}/ref-train-{reference.count}"
    return Scorer(network, card, weights, protocol, reference)


def _reference(network: torch.nn.Module, images: Images, key: str, cache: Path) -> Reference:
    digest = hashlib.sha256(key.encode()).hexdigest()
    file = cache / "statistics" / f"{digest[:24]}.npz"
    if not file.exists():
        embedding, _ = outputs(network, torch.from_numpy(images.train))
        statistics = fid_features_to_statistics(embedding)
        buffer = io.BytesIO()
        np.savez(buffer, mean=statistics["mu"], covariance=statistics["sigma"])
        file.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(file, buffer.getvalue())
    with np.load(file) as arrays:
        mean, covariance = arrays["mean"], arrays["covariance"]
    labels = np.bincount(images.train_labels) / len(images.train)
    return Reference(mean, covariance, labels, len(images.train))
