"""What turns generated data into features: one line each here, torch only when called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runners.datasets import load_images
from runners.datasets.base import Dataset, Images
from runners.datasets.torchvision_sets import MNIST
from runners.options import Options

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Extractor:
    """A frozen network and its identity.

    Args:
        name: with the first digits of its hash: the first part of every protocol.
        identity: the hash of its weights.
        network: maps data to (embedding, logits); logits may be empty.
        accuracy: on held-out images; None where it is no classifier of this data set.
    """

    name: str
    identity: str
    network: nn.Module = field(repr=False)
    accuracy: float | None = None


def classifier(dataset: Dataset, images: Images, options: Options) -> Extractor:
    """Return the data set's own small CNN: shipped, cached, or trained now."""
    from runners.metrics.classifier import StackedClassifier, file_hash, read, weights_file

    stacked = dataset.name == "stacked_mnist"
    name = "mnist" if stacked else dataset.name
    judged = load_images(MNIST(), options.data_root) if stacked else images
    file = weights_file(name, judged, options.cache)
    network, card = read(file)
    identity = file_hash(file)
    if stacked:
        network, name = StackedClassifier(network), "stacked-mnist"
    return Extractor(f"{name}-cnn-{identity[:8]}", identity, network, card.accuracy)


def inception(dataset: Dataset, images: Images, options: Options) -> Extractor:  # noqa: ARG001
    """Return torch-fidelity's inception-v3-compat; grey images are tiled to RGB."""
    from runners.metrics.inception import load

    network, identity = load(options.inception_weights, options.trust_weights)
    return Extractor(f"inception-v3-{identity[:8]}", identity, network)


def inception_bf16(dataset: Dataset, images: Images, options: Options) -> Extractor:  # noqa: ARG001
    """Return the same network in bfloat16: several times as fast on some CPUs, other numbers."""
    from runners.metrics.inception import load

    network, identity = load(options.inception_weights, options.trust_weights, bf16=True)
    return Extractor(f"inception-v3-bf16-{identity[:8]}", f"bf16/{identity}", network)


def coordinates(dataset: Dataset, images: Images, options: Options) -> Extractor:  # noqa: ARG001
    """Return the points themselves as features."""
    from runners.metrics.coordinates import Coordinates

    return Extractor("coordinates", "coordinates", Coordinates())


EXTRACTORS: dict[str, Callable[[Dataset, Images, Options], Extractor]] = {
    "classifier": classifier,
    "inception": inception,
    "inception_bf16": inception_bf16,
    "coordinates": coordinates,
}


def default_extractor(dataset: Dataset) -> str:
    """Return the extractor a data set is scored by unless a spec says otherwise."""
    if len(dataset.shape) == 1:
        return "coordinates"
    own = dataset.labelled and (dataset.shape[0] == 1 or dataset.name == "stacked_mnist")
    return "classifier" if own else "inception"


def default_metrics(dataset: Dataset, extractor: str) -> tuple[str, ...]:
    """Return the metrics scored unless a spec says otherwise."""
    if extractor == "coordinates":
        return ("fid", "modes") if _is_mixture(dataset) else ("fid", "prc")
    return ("is", "fid", "coverage") if extractor == "classifier" else ("is", "fid")


def _is_mixture(dataset: Dataset) -> bool:
    return dataset.name.startswith("gaussians")


def problem(dataset: Dataset, extractor: str, metrics: tuple[str, ...]) -> str | None:
    """Say why an extractor or a metric does not fit a data set, or return None."""
    points = len(dataset.shape) == 1
    if points != (extractor == "coordinates"):
        return f"evaluation.extractor: {extractor} does not fit {dataset.name}"
    if extractor == "classifier" and not dataset.labelled:
        return f"evaluation.extractor: {dataset.name} has no labels to train a classifier on"
    if "coverage" in metrics and extractor != "classifier":
        return "evaluation.metrics: coverage needs evaluation.extractor: classifier"
    if "is" in metrics and points:
        return "evaluation.metrics: is needs images; points have fid, kid, prc and modes"
    if "modes" in metrics and not _is_mixture(dataset):
        return "evaluation.metrics: modes needs gaussians8 or gaussians25"
    return None
