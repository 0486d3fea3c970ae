"""Scores generated data of one data set, the real side computed once per machine.

Data goes to the extractor in large batches straight from memory; the scores themselves are
torch-fidelity's own functions.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from runners.datasets import load_images
from runners.datasets.base import Dataset, Images
from runners.errors import UserProblem
from runners.files import digest, write_bytes
from runners.metrics import fidelity_functions
from runners.metrics.extractors import EXTRACTORS, Extractor
from runners.metrics.features import outputs
from runners.metrics.score import Features, Metric, Reference
from runners.options import Options


@dataclass(frozen=True)
class Scorer:
    """Scores data of one data set against its training split.

    Args:
        extractor: gives the features.
        images: the data set.
        reference: statistics of the real side.
        cache: of what was computed from real data.
    """

    extractor: Extractor
    images: Images
    reference: Reference
    cache: _Cache

    @property
    def protocol(self) -> str:
        """Extractor, reference split and its size: the stamp shared by all scores."""
        return f"{self.extractor.name}/ref-train-{self.reference.count}"

    def score(self, data: Tensor, plan: Plan) -> dict[str, Any]:
        """Return the columns of the plan's metrics, and the full protocol.

        Args:
            data: generated, like the data set's ``train``, on any device.
            plan: metrics and their settings.

        Raises:
            UserProblem: there are too few data for a metric.
        """
        features = Features(*outputs(self.extractor.network, data), data)
        scores: dict[str, Any] = {}
        stamps = [self.protocol, f"gen-{len(data)}"]
        for metric in plan.metrics:
            scores |= metric.score(features, self.reference, plan.samples)
            stamps += metric.stamps(plan.samples)
        return scores | {"protocol": "/".join(stamps)}

    def floor(self, plan: Plan) -> dict[str, Any]:
        """Score held-out real data, as many as there are up to the plan's number of samples.

        Metrics that need more data than are held out are left out.
        """
        held_out = self.images.test[: plan.samples]
        metrics = tuple(metric for metric in plan.metrics if metric.least <= len(held_out))
        kept = Settings(metrics, plan.samples)

        def compute() -> bytes:
            return json.dumps(self.score(torch.from_numpy(held_out), kept)).encode()

        what = f"floor/{metrics}/{len(held_out)}/{plan.samples}"
        return json.loads(self.cache.file(what, ".json", compute).read_bytes())


class Plan(Protocol):
    """Which metrics, on how many samples: a spec's ``evaluation``."""

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What is scored."""
        ...

    @property
    def samples(self) -> int:
        """Generated data per score."""
        ...


@dataclass(frozen=True)
class Settings:
    """A plan apart from any spec."""

    metrics: tuple[Metric, ...]
    samples: int


@lru_cache(maxsize=4)
def scorer(dataset: Dataset, extractor: str, options: Options) -> Scorer:
    """Return the scorer of a data set on the options' device.

    It is kept for the next run of this process, and its real features in files by content.
    """
    images = load_images(dataset, options.data_root)
    judge = EXTRACTORS[extractor](dataset, images, options)
    judge.network.to(options.device)
    cache = _Cache(options.cache / "statistics", judge, images)
    statistics = cache.statistics
    reference = Reference(
        statistics["mean"], statistics["covariance"], images.label_shares, images.mixture,
        len(images.train), lambda: cache.embedding, lambda: torch.from_numpy(images.train),
    )  # fmt: skip
    return Scorer(judge, images, reference, cache)


def check(scored: Scorer, plan: Plan) -> None:
    """Refuse a plan that the reference is too small for.

    Raises:
        UserProblem: which metric needs more data.
    """
    for metric in plan.metrics:
        if metric.least > scored.reference.count:
            raise UserProblem(
                f"evaluation.metrics: {metric.name} needs at least {metric.least} real data, but "
                f"there are only {scored.reference.count}; change its settings or leave it out"
            )


@dataclass(frozen=True)
class _Cache:
    """Real features and statistics in files named by what they were computed from."""

    folder: Path
    extractor: Extractor
    images: Images

    @cached_property
    def statistics(self) -> dict[str, np.ndarray]:
        content = self.file("statistics", ".npz", self._statistics)
        with np.load(io.BytesIO(content.read_bytes())) as arrays:
            return {name: arrays[name] for name in ("mean", "covariance")}

    @cached_property
    def embedding(self) -> Tensor:
        return torch.from_numpy(np.load(self.file("embedding", ".npy", self._features)))

    def file(self, what: str, suffix: str, compute: Callable[[], bytes]) -> Path:
        """Return the file of ``what``, computed by one process where it is missing."""
        key = f"{what}/{self.extractor.identity}/{self.images.content_hash}/train/float32"
        file = self.folder / f"{digest(key.encode())[:24]}{suffix}"
        if not file.exists():
            from filelock import FileLock

            file.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{file}.lock"):
                if not file.exists():
                    write_bytes(file, compute())
        return file

    def _statistics(self) -> bytes:
        found = fidelity_functions.statistics(self._embed())
        buffer = io.BytesIO()
        np.savez(buffer, mean=found["mu"], covariance=found["sigma"])
        return buffer.getvalue()

    def _features(self) -> bytes:
        buffer = io.BytesIO()
        np.save(buffer, self._embed().numpy())
        return buffer.getvalue()

    def _embed(self) -> Tensor:
        return outputs(self.extractor.network, torch.from_numpy(self.images.train))[0]
