"""What turns generated data into features: one line each here, torch only when called."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runners.datasets import load_images
from runners.datasets.base import Dataset, Images
from runners.errors import UserProblem
from runners.metrics import METRICS
from runners.metrics.score import Metric
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

    known = dataset.channelwise or dataset
    judged = images if known is dataset else load_images(known, options.data_root)
    file = weights_file(known.name, judged, options.cache)
    network, card = read(file)
    identity = file_hash(file)
    if known is not dataset:
        network = StackedClassifier(network)
    name = dataset.name if known is dataset else dataset.name.replace("_", "-")
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


def lacking(dataset: Dataset, extractor: str, options: Options) -> str | None:
    """Say what an extractor would download or train first, or return None; does neither.

    Raises:
        UserProblem: its weights would be refused.
    """
    if extractor == "classifier":
        return _no_classifier(dataset.channelwise or dataset, options)
    if not extractor.startswith("inception"):
        return None
    from runners.metrics.inception import downloaded, require_weights

    if options.inception_weights is None:
        return None if downloaded().exists() else f"no Inception weights in {downloaded().parent}"
    require_weights(options.inception_weights, options.trust_weights)
    return None


def _no_classifier(dataset: Dataset, options: Options) -> str | None:
    from runners.metrics.classifier import known_file, read

    images = dataset.at_hand(options.data_root)
    if images is None:
        return f"no {dataset.name} in {options.data_root}"
    file = known_file(dataset.name, images, options.cache)
    if not file.exists():
        return f"no classifier of {dataset.name}: {file} takes a minute to train"
    read(file)
    return None


def require_enough(count: int, metrics: Iterable[Metric]) -> None:
    """Refuse metrics that need more real data than there are to train on.

    Raises:
        UserProblem: which metric it is.
    """
    for metric in metrics:
        if metric.least > count:
            raise UserProblem(
                f"evaluation.metrics: {metric.name} needs at least {metric.least} real data, but "
                f"there are only {count}; change its settings or leave it out"
            )


def usual_metrics(dataset: Dataset, extractor: str) -> tuple[Metric, ...]:
    """Return the metrics scored unless a spec says otherwise."""
    return tuple(cls() for cls in METRICS.values() if cls.usual(dataset, extractor))


def problem(
    dataset: Dataset, extractor: str, metrics: Iterable[Metric], samples: int
) -> str | None:
    """Say why an extractor or a metric does not fit a data set, or return None."""
    name = dataset.name
    if dataset.points != (extractor == "coordinates"):
        return f"evaluation.extractor: {extractor} does not fit {name}"
    if extractor == "classifier" and not dataset.labelled:
        return f"evaluation.extractor: {name} has no labels to train a classifier on"
    for metric in metrics:
        why = metric.problem(dataset, extractor)
        if why is None and metric.least > samples:
            why = f"{metric.name} needs at least {metric.least} samples, not {samples}"
        if why:
            return f"evaluation.metrics: {why}"
    return None
