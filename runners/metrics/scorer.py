"""Scores generated data of one data set, the real side computed once per machine.

Data goes to the extractor in large batches straight from memory; the scores themselves are
torch-fidelity's own functions.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Protocol

import torch
from torch import Tensor

from runners.datasets import load_images, load_whole
from runners.datasets.base import FEWEST, Dataset, Images
from runners.metrics import floor
from runners.metrics.drawing import copies, subset
from runners.metrics.extractors import EXTRACTORS, Extractor
from runners.metrics.features import outputs
from runners.metrics.parts import HELD_OUT, Part, Parts, parts_of
from runners.metrics.real import RealData
from runners.metrics.score import Features, Metric, Reference
from runners.metrics.statistics_file import installed
from runners.options import Options


@dataclass(frozen=True)
class Scorer:
    """Scores data of one data set against its splits.

    Args:
        extractor: gives the features.
        images: the data set.
        parts: what scores are against.
        references: their statistics; parts that are too small have none.
        real: what was computed from real data, in files.
        stamp: of the statistics' file that scores are against; '' where they were computed here.
    """

    extractor: Extractor
    images: Images
    parts: Parts
    references: Mapping[Part, Reference]
    real: RealData
    stamp: str = ""

    @property
    def reference(self) -> Reference:
        """The training data."""
        return self.references[self.parts.whole["train"]]

    @property
    def protocol(self) -> str:
        """Extractor, splits and their sizes, and the statistics' file: shared by all scores."""
        return f"{self.extractor.name}/ref-{self._against}"

    @property
    def _against(self) -> str:
        return "/".join(filter(None, [self.parts.protocol, self.stamp]))

    def score(self, data: Tensor, plan: Plan) -> dict[str, Any]:
        """Return the columns of the plan's metrics, and the full protocol.

        Those against data of which there are too few are left out.

        Args:
            data: generated, like the data set's ``train``, on any device.
            plan: metrics and their settings.
        """
        features = Features(*outputs(self.extractor.network, data), data)
        scores: dict[str, Any] = {}
        for metric in plan.metrics:
            scores |= self._columns(metric, features, plan.samples)
        return scores | {"protocol": self._stamped(plan, len(data))}

    def floor(self, plan: Plan) -> dict[str, Any]:
        """Return what held-out real data score, and copied training data, at the runs' number.

        Returns:
            protocol: of all of them; real: column -> value; how: column -> how it was made from
            fewer data; memoriser: column -> value.
        """

        def compute() -> bytes:
            made = self._real(plan)
            found = {
                "protocol": self._stamped(plan, plan.samples),
                "real": {name: value for name, (value, _) in made.items()},
                "how": {name: how for name, (_, how) in made.items()},
                "memoriser": self.memoriser(plan),
            }
            return json.dumps(found).encode()

        what = f"real and memoriser/{plan.metrics}/{plan.samples}/{self._against}"
        return json.loads(self.real.file(what, ".json", compute).read_bytes())

    def memoriser(self, plan: Plan) -> dict[str, float]:
        """Return the columns of a generator that does nothing but copy training data."""
        train = torch.from_numpy(self.images.train)
        row = self.score(train[copies(len(train), plan.samples, "memoriser")], plan)
        return {name: value for name, value in row.items() if name != "protocol"}

    def _columns(self, metric: Metric, features: Features, samples: int) -> dict[str, float]:
        """Return a metric's columns of generated data, each reference looked at once."""

        @functools.cache
        def value(part: Part) -> Mapping[str, float]:
            count = part.count if part in self.references else 0
            fitted = metric.within(count)
            if fitted.least > count:
                return {}
            return fitted.score(features, self.references[part], samples)

        return self.parts.row(metric, lambda against: value(against.part))

    def _stamped(self, plan: Plan, count: int) -> str:
        stamps = [stamp for metric in plan.metrics for stamp in metric.stamps(plan.samples)]
        return "/".join([self.protocol, f"gen-{count}", *stamps])

    def _real(self, plan: Plan) -> dict[str, tuple[float, str]]:
        """Return each column's value for held-out real data, and how it was made."""

        @functools.cache
        def pool(name: str) -> Features:
            both = self.images.held_out if name == HELD_OUT else self.images.split(name)
            data = torch.from_numpy(both[0])
            chosen = subset(len(data), plan.samples, "floor")
            return Features(*outputs(self.extractor.network, data[chosen]), data[chosen])

        found: dict[str, tuple[float, str]] = {}
        for metric in plan.metrics:
            found |= floor.real(self.parts, self.references, metric, plan.samples, pool)
        return found


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
def scorer(
    dataset: Dataset, extractor: str, options: Options, reference: str | None = None
) -> Scorer:
    """Return the scorer of a data set on the options' device.

    It is kept for the next run of this process, and its real features in files by content.

    Args:
        dataset, extractor: what is scored, and by what.
        options: where data, weights and statistics are.
        reference: the id of a statistics' file to score against; None computes them.

    Raises:
        UserProblem: that file is not there, or of another extractor or of other data.
    """
    images = load_images(dataset, options.data_root)
    whole = replace(dataset, train_size=None)  # scores of all sizes have one extractor
    judge = EXTRACTORS[extractor](whole, load_whole(whole, options.data_root), options)
    judge.network.to(options.device)
    real, parts = RealData(options.cache / "statistics", judge, images), parts_of(images)
    if reference is not None:
        given = installed(reference, options.cache)
        given.require_fits(judge, dataset, images, f"evaluation.reference: {reference}")
        parts = given.parts(parts)
        against = {part: real.given(part, *given.moments[part]) for part in parts.all}
        return Scorer(judge, images, parts, against, real, given.stamp)
    # what has no covariance is no reference
    train = parts.whole["train"]
    usable = [part for part in parts.all if part.count >= FEWEST or part == train]
    return Scorer(judge, images, parts, {part: real.reference(part) for part in usable}, real)
