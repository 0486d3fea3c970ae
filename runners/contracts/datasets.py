"""What every data set keeps."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from runners.contracts.base import Check, is_described, require
from runners.datasets.base import Dataset, Images
from runners.metrics.extractors import EXTRACTORS, usual_metrics
from runners.options import Options


def declared(dataset: Dataset) -> None:
    """What is said without loading: a shape, and an extractor and metrics that suit it."""
    shape = dataset.shape
    require(len(shape) in (1, 3), f"its shape is {shape}, not (channels, size, size) or (2,)")
    require(dataset.extractor in EXTRACTORS, f"its extractor {dataset.extractor} is unknown")
    require(usual_metrics(dataset, dataset.extractor), "no metric suits it")


def loaded(dataset: Dataset) -> None:
    """What is loaded is what was declared, and the same each time."""
    root = Options().data_root
    require_loaded(dataset, dataset.load(root), root)


def require_loaded(dataset: Dataset, images: Images, root: Path) -> None:
    """Check a data set against what it loaded from ``root``."""
    for split in ("train", "test"):
        data, labels = getattr(images, split), getattr(images, f"{split}_labels")
        kind = np.float32 if dataset.points else np.uint8
        shape, wanted = data.shape[1:], dataset.shape
        require(shape == wanted, f"{split} data have shape {shape}, not {wanted}")
        require(data.dtype == kind, f"{split} data are {data.dtype}, not {kind.__name__}")
        require(labels.dtype == np.int64, f"{split} labels are {labels.dtype}, not int64")
        require(len(labels) == len(data) > 0, f"{split}: {len(data)} data, {len(labels)} labels")
    require(abs(images.label_shares.sum() - 1) < 1e-6, "the shares of its classes do not add to 1")
    several = len(set(images.train_labels.tolist())) > 1 and not dataset.points
    require(dataset.labelled == several, f"labelled is {dataset.labelled}, which its labels deny")
    require(dataset.mixture == (images.mixture is not None), "mixture is not what was loaded")
    again = dataset.load(root).content_hash
    require(again == images.content_hash, "loading it twice gives different data")


CHECKS: tuple[Check, ...] = (is_described, declared, loaded)
