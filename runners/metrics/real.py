"""Features and statistics of real data, computed once per machine."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from runners.datasets.base import Images
from runners.files import digest, write_bytes
from runners.metrics import fidelity_functions
from runners.metrics.drawing import subset
from runners.metrics.extractors import Extractor
from runners.metrics.features import outputs
from runners.metrics.parts import Part
from runners.metrics.score import Reference


def _no_features() -> Tensor:
    raise LookupError("statistics from a file have no features: a spec with both is refused")


@dataclass(frozen=True)
class RealData:
    """What an extractor makes of a data set, in files named by what they were computed from."""

    folder: Path
    extractor: Extractor
    images: Images

    def reference(self, part: Part) -> Reference:
        """Return the real side of scores against a part of the data."""
        images, statistics = self.images, self._statistics(part)
        return Reference(
            statistics["mean"], statistics["covariance"], images.label_shares, images.mixture,
            part.count, functools.cache(lambda: self._embedding(part)), lambda: self._data(part),
        )  # fmt: skip

    def given(self, part: Part, mean: np.ndarray, covariance: np.ndarray) -> Reference:
        """Return the real side of scores against statistics that were not computed here.

        Their data and features are not known: what metrics need besides is of the data set here.
        """
        images, train = self.images, Part("train", len(self.images.train))
        return Reference(
            mean, covariance, images.label_shares, images.mixture, part.count, _no_features,
            lambda: self._data(train),
        )  # fmt: skip

    def features_hash(self, part: Part) -> str:
        """Return the hash of the features of a part, as float32."""
        return digest(self._embed(part).numpy().tobytes())

    def file(self, what: str, suffix: str, compute: Callable[[], bytes]) -> Path:
        """Return the file of ``what``, computed by one process where it is missing."""
        key = f"{what}/{self.extractor.identity}/{self.images.content_hash}/float32"
        file = self.folder / f"{digest(key.encode())[:24]}{suffix}"
        if not file.exists():
            from filelock import FileLock

            file.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{file}.lock"):
                if not file.exists():
                    write_bytes(file, compute())
        return file

    def _statistics(self, part: Part) -> dict[str, np.ndarray]:
        def compute() -> bytes:
            found = fidelity_functions.statistics(self._embed(part))
            buffer = io.BytesIO()
            np.savez(buffer, mean=found["mu"], covariance=found["sigma"])
            return buffer.getvalue()

        content = self.file(f"statistics/{self._said(part)}", ".npz", compute)
        with np.load(io.BytesIO(content.read_bytes())) as arrays:
            return {name: arrays[name] for name in ("mean", "covariance")}

    def _embedding(self, part: Part) -> Tensor:
        def compute() -> bytes:
            buffer = io.BytesIO()
            np.save(buffer, self._embed(part).numpy())
            return buffer.getvalue()

        content = self.file(f"embedding/{self._said(part)}", ".npy", compute)
        return torch.from_numpy(np.load(content))

    def _embed(self, part: Part) -> Tensor:
        return outputs(self.extractor.network, self._data(part))[0]

    def _data(self, part: Part) -> Tensor:
        data = torch.from_numpy(self.images.split(part.split)[0])
        return data[subset(len(data), part.count, f"part of {part.split}")]

    def _said(self, part: Part) -> str:
        """Name a part; what is held out is divided by the sizes of validation and test."""
        held_out = f"{len(self.images.validation)}+{len(self.images.test)}"
        return f"{part.split}-{part.count}-of-{held_out}"
