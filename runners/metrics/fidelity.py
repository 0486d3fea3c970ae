"""The classifier as an extractor that torch-fidelity knows by name.

``torch_fidelity.calculate_metrics(feature_extractor=EXTRACTOR,
feature_extractor_weights_path=FILE)`` then gives the very values of the cheaper path here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch_fidelity import FeatureExtractorBase, register_feature_extractor

from runners.metrics.classifier import read

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
